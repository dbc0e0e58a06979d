export {
  type AccountAccessOptions,
  type AdminAccess,
  accountAccess,
  type Credentials,
  type Login,
  SESSION_MS,
  type SignedIn,
} from './access/account-access.ts';
export { createFirstAccount, FIRST_ACCOUNT } from './access/first-account.ts';
export { type GuardOptions, guard, principalOf, type RouteRule } from './access/guard.ts';
export { type LocalAccessOptions, localAccess } from './access/local-access.ts';
export { createPrincipal, type Principal, type Subject } from './access/principal.ts';
export type { CookiePlace, SessionCookies, SessionTicket } from './access/session-cookie.ts';
export { type LeveretAdminOptions, leveretAdmin } from './admin.ts';
export type { RecorderHealth } from './faults/observe.ts';
export { DEFAULT_WAITING_LIMITS, type WaitingLimits } from './faults/waiting-limits.ts';
export { type AdminPageOptions, adminPage } from './page/admin-page.ts';
