import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { Failed } from '../ui/looks/failed.tsx';

/** The page cannot be shown at all: the server does not answer, or the page has a bug. */
export function ShellFailed({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <main className="alone">
      <h1 className="unseen">Leveret</h1>
      <Failed what="the page" error={error} onRetry={() => router.invalidate()} />
    </main>
  );
}
