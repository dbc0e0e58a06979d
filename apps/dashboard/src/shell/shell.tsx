import type { OverviewView } from '@leveret/http-contract/admin';
import { type Query, useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useRouter } from '@tanstack/react-router';
import { Suspense, useEffect, useRef } from 'react';
import { overviewQuery } from '../api/overview.ts';
import { sessionQuery } from '../api/session.ts';
import { useLiveStream } from '../live/use-live-stream.ts';
import { lazyPart } from '../router/lazy-part.ts';
import { Loading } from '../ui/looks/loading.tsx';
import { LiveBanner } from './live-banner.tsx';
import { Rail } from './rail.tsx';
import { usePalette } from './use-palette.ts';
import { useSession } from './use-session.ts';

/** How often the overview is read while the stream that brings it is cut, in milliseconds. */
const REFETCH_MS = 10_000;

/** Loaded when it is opened first. */
const Palette = lazyPart(() => import('./palette/palette.tsx'), 'Palette');

/** What stands around every page: the ways to the others, and whether the page follows what happens. */
export function Shell() {
  const session = useSession();
  const palette = usePalette();
  const queryClient = useQueryClient();
  const main = useRef<HTMLElement>(null);
  const live = useLiveStream('/live/overview', {
    overview: (view) => queryClient.setQueryData(overviewQuery.queryKey, view as OverviewView),
  });
  const { data: overview } = useQuery({
    ...overviewQuery,
    refetchInterval: live.kind === 'live' ? false : REFETCH_MS,
  });
  useRecovery(live.kind === 'live' && overview?.ledger !== undefined);

  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <div className="app">
        <Rail session={session} live={live} overview={overview} onCommands={palette.open} />
        <main ref={main} tabIndex={-1}>
          <LiveBanner state={live} />
          <Suspense fallback={<Loading what="the page" />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {palette.isOpen && (
        <Suspense>
          <Palette onClose={palette.close} />
        </Suspense>
      )}
    </>
  );
}

/** Once server and ledger answer, reads again what failed before, and loads all pages: they can be opened while the server is away. */
function useRecovery(isAnswering: boolean): void {
  const router = useRouter();
  const queryClient = useQueryClient();
  useEffect(() => {
    if (!isAnswering) return;
    for (const { options } of Object.values(router.routesById))
      options.component?.preload?.()?.catch(reportError);
    const hasFailed = ({ state }: Query) => state.status === 'error';
    queryClient.refetchQueries({ type: 'active', predicate: hasFailed }).catch(reportError);
    const { queryKey } = sessionQuery;
    // While the ledger was away, the session had fewer verbs.
    if (queryClient.getQueryData(queryKey)?.isLedgerAway === true)
      queryClient.refetchQueries({ queryKey }).catch(reportError);
  }, [router, queryClient, isAnswering]);
}
