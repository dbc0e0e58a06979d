import { FINAL_STATES, type JobState } from './states.ts';

/**
 * Of which finished jobs of a kind the ledger keeps the body: payload, headers and result.
 *
 * - `all`: of all.
 * - `failed`: of all but the succeeded and cancelled ones.
 * - `none`: of none.
 *
 * A dead job keeps its body under every policy, because it can be sent again. A failure is not part of the body.
 */
export type HistoryPolicy = 'all' | 'failed' | 'none';

/** The states in which a job has no body in the ledger, by policy. */
export const STATES_WITHOUT_BODY: Readonly<Record<HistoryPolicy, readonly JobState[]>> = {
  all: [],
  failed: ['succeeded', 'cancelled'],
  none: FINAL_STATES,
};

/** Whether `policy` is one. */
export function isHistoryPolicy(policy: unknown): policy is HistoryPolicy {
  return typeof policy === 'string' && Object.hasOwn(STATES_WITHOUT_BODY, policy);
}

/** @throws {RangeError} when `policy` is none. */
export function requireHistoryPolicy(policy: unknown): asserts policy is HistoryPolicy {
  if (isHistoryPolicy(policy)) return;
  const policies = Object.keys(STATES_WITHOUT_BODY).join(', ');
  throw new RangeError(`history must be one of ${policies}, got ${JSON.stringify(policy)}`);
}

/** Whether the ledger keeps the body of a job in this state. Without a policy, it does. */
export function keepsBody(policy: HistoryPolicy | undefined, state: JobState): boolean {
  return policy === undefined || !STATES_WITHOUT_BODY[policy].includes(state);
}
