export { type GuardOptions, guard, principalOf, type RouteRule } from './access/guard.ts';
export type { Principal, Subject } from './access/principal.ts';
export { type LeveretAdminOptions, leveretAdmin } from './admin.ts';
export type { RecorderHealth } from './faults/observe.ts';
export { DEFAULT_WAITING_LIMITS, type WaitingLimits } from './faults/waiting-limits.ts';
export { type AdminPageOptions, adminPage } from './page/admin-page.ts';
