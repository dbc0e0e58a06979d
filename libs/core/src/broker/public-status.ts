import type { ErrorCode } from '../errors/error-codes.ts';
import type { StoreStatus } from '../ledger/job-store.ts';
import type { BrokerStatus } from './broker.ts';

/** A status for everybody: with the code, and without the reason, which may name hosts, ports and files. */
export type PublicStatus =
  | { readonly state: 'up' }
  | { readonly state: 'down' | 'blocked'; readonly code: ErrorCode };

/** The part of a status of broker, ledger or recorder that everybody may see. */
export function toPublicStatus(status: BrokerStatus | StoreStatus): PublicStatus {
  return status.state === 'up' ? { state: 'up' } : { state: status.state, code: status.code };
}
