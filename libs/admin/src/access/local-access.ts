import { createLoopbackCheck } from '@leveret/http';
import type { GuardOptions } from './guard.ts';
import { createPrincipal } from './principal.ts';

/** Which names the server has. */
export interface LocalAccessOptions {
  /** Host names besides the usual ones of loopback. */
  readonly hosts: readonly string[];
}

/**
 * Access for a server that only its own machine can reach: each request comes from an admin, who need not sign in. Pages of other sites, which a browser
 * on this machine may show, are refused: `HOST_REFUSED`, `ORIGIN_REFUSED`.
 */
export function localAccess({ hosts }: LocalAccessOptions): GuardOptions {
  const check = createLoopbackCheck(hosts);
  const principal = createPrincipal({ name: 'local', role: 'admin', kind: 'local' });
  return {
    async resolvePrincipal(request) {
      check(request);
      return principal;
    },
  };
}
