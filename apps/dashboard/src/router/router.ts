import { createRouter } from '@tanstack/react-router';
import { PAGE_PATH } from '../api/transport/base.ts';
import { createPageClient } from './query-client.ts';
import { routeTree } from './routes.tsx';

/** What the server said. */
export const queryClient = createPageClient(signOutHere);

/** The addresses of the page, below where it is mounted. */
export const router = createRouter({
  routeTree,
  basepath: PAGE_PATH,
  context: { queryClient },
  defaultPreload: 'intent',
  notFoundMode: 'root',
  scrollRestoration: true,
});

/** Loads the code of the page that is asked for, while it is not known yet who is signed in. What cannot be loaded is noticed when the page is shown. */
export function loadPageCode(): void {
  for (const { routeId } of router.matchRoutes(router.latestLocation))
    router
      .loadRouteChunk(router.routesById[routeId as keyof typeof router.routesById])
      ?.catch(() => undefined);
}

/** Shows the sign-in page, which leads back here, and forgets the answers to the session that has ended. */
function signOutHere(): void {
  const { pathname, href: next } = router.state.location;
  // Several requests may be refused at the same time: after the first, the page is on its way.
  if (pathname === '/sign-in') return;
  router
    .navigate({ to: '/sign-in', search: { next } })
    .then(() => queryClient.clear())
    .catch(reportError);
}

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
