import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { sessionQuery } from '../api/session.ts';
import { ApiError } from '../api/transport/api-error.ts';

/** How often a request that reached no server is sent again, and after how long, in milliseconds. */
const RETRIES = 2;
const RETRY_DELAY_MS = 500;

/**
 * The cache of what the server said. `onSignedOut` is called when a session that was there has ended: it expired, or was deleted.
 */
export function createPageClient(onSignedOut: () => void): QueryClient {
  const onError = (error: Error) => {
    const isSignedOut = error instanceof ApiError && error.code === 'UNAUTHENTICATED';
    if (isSignedOut && client.getQueryData(sessionQuery.queryKey) !== undefined) onSignedOut();
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        // The server may be this machine: whether there is a network makes no difference.
        networkMode: 'always',
        retry: (count, error) => count < RETRIES && error instanceof ApiError && error.code === 'UNREACHABLE',
        retryDelay: RETRY_DELAY_MS,
      },
      mutations: { networkMode: 'always' },
    },
  });
  return client;
}
