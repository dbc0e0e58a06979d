import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  Outlet,
  redirect,
  type SearchSchemaInput,
  stripSearchParams,
} from '@tanstack/react-router';
import type { AuditSearch } from '../api/audit.ts';
import { type FailuresSearch, failuresQuery } from '../api/failures.ts';
import { JOB_ORDERS, type JobListSearch, type JobOrder } from '../api/jobs.ts';
import { operationsQuery } from '../api/operations.ts';
import { overviewQuery } from '../api/overview.ts';
import { QUEUE_RANGES, type QueueRange, queueQuery, queuesQuery } from '../api/queues.ts';
import { sessionQuery } from '../api/session.ts';
import { SET_ASIDE_KINDS, type SetAsideKind } from '../api/set-aside.ts';
import { ApiError } from '../api/transport/api-error.ts';
import { workersQuery } from '../api/workers.ts';
import { NotFound } from '../shell/not-found.tsx';
import { Shell } from '../shell/shell.tsx';
import { ShellFailed } from '../shell/shell-failed.tsx';
import { lazyPart } from './lazy-part.ts';
import { idOf, momentOf, nextOf, numberOf, oneOf, textOf } from './search.ts';

/** What every route can use before it is shown. */
interface RouterContext {
  readonly queryClient: QueryClient;
}

/** What a page shows is asked for while its code is loading. The page does not wait for the answer: it shows that it is on its way, or failed. Not for jobs: the pointer crosses their links all the time. */
function ahead(asked: Promise<void>): void {
  asked.catch(reportError);
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFound,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: ({ next }: { readonly next?: string } & SearchSchemaInput) => ({ next: nextOf(next) }),
  search: { middlewares: [stripSearchParams({ next: '/' })] },
  component: lazyPart(() => import('../pages/sign-in/sign-in-page.tsx'), 'SignInPage'),
});

/** All pages that need a session. */
const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'app',
  async beforeLoad({ context: { queryClient }, location }) {
    // Every page shows something of it: the first time it is asked for together with the session.
    ahead(queryClient.prefetchQuery({ ...overviewQuery, staleTime: Number.POSITIVE_INFINITY }));
    try {
      await queryClient.ensureQueryData(sessionQuery);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'UNAUTHENTICATED')
        throw redirect({ to: '/sign-in', search: { next: location.href }, replace: true });
      throw error;
    }
  },
  component: Shell,
  errorComponent: ShellFailed,
});

const overviewRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/',
  component: lazyPart(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
});

const jobsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/jobs',
  validateSearch: (
    given: { readonly filter?: string; readonly order?: JobOrder } & SearchSchemaInput,
  ): JobListSearch => ({
    filter: textOf(given.filter, ''),
    order: oneOf(JOB_ORDERS, given.order, 'newest-first'),
  }),
  search: { middlewares: [stripSearchParams({ filter: '', order: 'newest-first' as const })] },
  component: lazyPart(() => import('../pages/jobs/jobs-page.tsx'), 'JobsPage'),
});

const jobRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/jobs/$id',
  component: lazyPart(() => import('../pages/job/job-page.tsx'), 'JobPage'),
});

const failuresRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/failures',
  validateSearch: ({
    fingerprint,
  }: { readonly fingerprint?: string } & SearchSchemaInput): FailuresSearch => ({
    fingerprint: textOf(fingerprint, ''),
  }),
  search: { middlewares: [stripSearchParams({ fingerprint: '' })] },
  loader: ({ context: { queryClient } }) => ahead(queryClient.prefetchQuery(failuresQuery)),
  component: lazyPart(() => import('../pages/failures/failures-page.tsx'), 'FailuresPage'),
});

const setAsideRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/set-aside',
  validateSearch: ({ kind }: { readonly kind?: SetAsideKind } & SearchSchemaInput) => ({
    kind: oneOf(SET_ASIDE_KINDS, kind, 'messages'),
  }),
  search: { middlewares: [stripSearchParams({ kind: 'messages' as const })] },
  component: lazyPart(() => import('../pages/set-aside/set-aside-page.tsx'), 'SetAsidePage'),
});

const queuesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/queues',
  loader: ({ context: { queryClient } }) => ahead(queryClient.prefetchQuery(queuesQuery)),
  component: lazyPart(() => import('../pages/queues/queues-page.tsx'), 'QueuesPage'),
});

const queueRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/queues/$queue',
  validateSearch: ({ range }: { readonly range?: QueueRange } & SearchSchemaInput) => ({
    range: oneOf(QUEUE_RANGES, range, '1h'),
  }),
  search: { middlewares: [stripSearchParams({ range: '1h' as const })] },
  loaderDeps: ({ search: { range } }) => ({ range }),
  loader: ({ context: { queryClient }, params: { queue }, deps: { range } }) =>
    ahead(queryClient.prefetchQuery(queueQuery(queue, range))),
  component: lazyPart(() => import('../pages/queue/queue-page.tsx'), 'QueuePage'),
});

const workersRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/workers',
  loader: ({ context: { queryClient } }) => ahead(queryClient.prefetchQuery(workersQuery)),
  component: lazyPart(() => import('../pages/workers/workers-page.tsx'), 'WorkersPage'),
});

const operationsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/operations',
  loader: ({ context: { queryClient } }) => ahead(queryClient.prefetchQuery(operationsQuery)),
  component: lazyPart(() => import('../pages/operations/operations-page.tsx'), 'OperationsPage'),
});

const operationRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/operations/$id',
  validateSearch: ({ from }: { readonly from?: number } & SearchSchemaInput) => ({ from: numberOf(from, 1) }),
  search: { middlewares: [stripSearchParams({ from: 1 })] },
  component: lazyPart(() => import('../pages/operation/operation-page.tsx'), 'OperationPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/audit',
  validateSearch: ({
    operation,
    before,
  }: { readonly operation?: string; readonly before?: string } & SearchSchemaInput): AuditSearch => ({
    operation: idOf(operation),
    before: momentOf(before),
  }),
  search: { middlewares: [stripSearchParams({ operation: '', before: '' })] },
  component: lazyPart(() => import('../pages/audit/audit-page.tsx'), 'AuditPage'),
});

const accountsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: '/accounts',
  component: lazyPart(() => import('../pages/accounts/accounts-page.tsx'), 'AccountsPage'),
});

/** Every address of the page. */
export const routeTree = rootRoute.addChildren([
  signInRoute,
  appRoute.addChildren([
    overviewRoute,
    jobsRoute,
    jobRoute,
    failuresRoute,
    setAsideRoute,
    queuesRoute,
    queueRoute,
    workersRoute,
    operationsRoute,
    operationRoute,
    auditRoute,
    accountsRoute,
  ]),
]);
