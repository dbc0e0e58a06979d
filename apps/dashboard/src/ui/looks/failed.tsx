import { ApiError } from '../../api/transport/api-error.ts';
import { Button } from '../controls/button.tsx';
import { Look } from './look.tsx';

interface FailedProps {
  /** What could not be loaded, such as `the queues`. */
  readonly what: string;
  readonly error: unknown;
  readonly onRetry: () => void;
}

/** What could not be loaded, why, and what to do: a look of its own for no permission and for a ledger that is away. */
export function Failed({ what, error, onRetry }: FailedProps) {
  const { code, message } =
    error instanceof ApiError ? error : { code: 'INTERNAL', message: messageOf(error) };
  if (code === 'FORBIDDEN') return <NoPermission what={what} detail={message} />;
  if (code === 'STORE_UNAVAILABLE') return <LedgerAway what={what} />;
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  return (
    <Look
      glyph="down"
      title={`Leveret could not load ${what}.`}
      action={<Button onClick={onRetry}>Try again</Button>}
    >
      {message} {requestId !== undefined && <code>{requestId}</code>}
    </Look>
  );
}

/** The account may not see this. */
function NoPermission({ what, detail }: { readonly what: string; readonly detail: string }) {
  return (
    <Look glyph="cancelled" title={`Your account may not see ${what}.`}>
      {detail}
    </Look>
  );
}

/** The ledger is away: jobs go on, but nothing can be said about them. */
export function LedgerAway({ what }: { readonly what: string }) {
  return (
    <Look glyph="warning" title={`The ledger is away: Leveret cannot show ${what}.`}>
      Workers go on with the jobs that they have. This page shows {what} as soon as the ledger is back.
    </Look>
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
