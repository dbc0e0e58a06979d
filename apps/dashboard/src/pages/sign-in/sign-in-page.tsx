import { useMutation, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { type SubmitEvent, useEffect, useId } from 'react';
import { type Credentials, sessionQuery, signIn } from '../../api/session.ts';
import { ApiError } from '../../api/transport/api-error.ts';
import { Button } from '../../ui/controls/button.tsx';
import { Hare } from '../../ui/hare.tsx';
import './sign-in.css';

const route = getRouteApi('/sign-in');

/** Name and password. Leads to the page that asked for it. */
export function SignInPage() {
  const { next } = route.useSearch();
  const router = useRouter();
  const queryClient = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: signIn,
    async onSuccess(session) {
      queryClient.setQueryData(sessionQuery.queryKey, session);
      await router.navigate({ href: next });
    },
  });
  useEffect(() => {
    document.title = 'Sign in · Leveret';
  }, []);
  return (
    <SignInForm isBusy={isPending} refusal={error === null ? undefined : wordsOf(error)} onSubmit={mutate} />
  );
}

/** The server does not say which of the two is wrong, and neither does the page. */
function wordsOf(error: Error): string {
  const isWrong = error instanceof ApiError && error.code === 'SIGN_IN_REFUSED';
  return isWrong ? 'Name or password is wrong.' : error.message;
}

interface SignInFormProps {
  readonly isBusy: boolean;
  /** Why the last try was refused. */
  readonly refusal: string | undefined;
  readonly onSubmit: (credentials: Credentials) => void;
}

function SignInForm({ isBusy, refusal, onSubmit }: SignInFormProps) {
  const id = useId();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    onSubmit({ name: String(fields.get('name')), password: String(fields.get('password')) });
  };
  return (
    <main className="sign-in">
      <form className="card" onSubmit={submit}>
        <h1>
          <Hare /> Sign in to Leveret
        </h1>
        {refusal !== undefined && (
          <p className="refusal" role="alert">
            {refusal}
          </p>
        )}
        <p className="field">
          <label htmlFor={`${id}-name`}>Name</label>
          <input
            id={`${id}-name`}
            name="name"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
        </p>
        <p className="field">
          <label htmlFor={`${id}-password`}>Password</label>
          <input
            id={`${id}-password`}
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        </p>
        <Button type="submit" look="primary" isBusy={isBusy}>
          {isBusy ? 'Signing in …' : 'Sign in'}
        </Button>
        <p className="field-hint">
          An administrator adds accounts on the server: <code>leveret accounts add</code>
        </p>
      </form>
    </main>
  );
}
