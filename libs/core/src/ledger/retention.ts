import { FINAL_STATES, type JobState } from '../job/states.ts';
import { isOfKind, type KindFilter } from './kind-filter.ts';

/** How long finished jobs are kept when no rule says otherwise, in milliseconds: 7 days. */
export const DEFAULT_KEEP_MS = 604_800_000;
/** The shortest time, in milliseconds: a message that the broker delivers again must find its job. */
export const MIN_KEEP_MS = 60_000;
/** The longest time that is not for ever, in milliseconds: a hundred years. */
export const MAX_KEEP_MS = 3_153_600_000_000;
/** Most jobs that are deleted at a time. */
export const MAX_DELETED_JOBS = 1_000;
/** How long operations are kept after they have ended, with what became of each of their jobs, in milliseconds: 30 days. */
export const KEEP_OPERATIONS_MS = 2_592_000_000;
/** How long entries of the audit are kept, in milliseconds: 365 days. */
export const KEEP_AUDIT_MS = 31_536_000_000;
/** How long a group of failures without jobs is kept after a job last failed so, in milliseconds: 7 days. */
export const KEEP_FAILURE_GROUPS_MS = 604_800_000;
/** Most groups of failures that are looked at in one call. */
export const MAX_DELETED_GROUPS = 1_000;
/** Most entries of the audit, and most jobs of an operation, that are deleted at a time. */
export const MAX_DELETED_ACTIONS = 1_000;

/** How long finished jobs are kept. */
export interface RetentionRule {
  /** Of which kinds; of all when left out. */
  readonly kind?: KindFilter;
  /** In which state; in every state of {@link FINAL_STATES} when left out. */
  readonly state?: JobState;
  /** Milliseconds since the job was last updated, from {@link MIN_KEEP_MS} to {@link MAX_KEEP_MS}. */
  readonly keepMs: number | 'forever';
}

/** @throws {RangeError} for a rule about jobs that are not finished or are dead, and for a time out of bounds. */
export function requireRetentionRules(rules: readonly RetentionRule[]): void {
  for (const { state, keepMs } of rules) {
    if (state !== undefined && !FINAL_STATES.includes(state))
      throw new RangeError(
        `jobs in the state ${JSON.stringify(state)} are never deleted: a retention rule is for ${FINAL_STATES.join(', ')}`,
      );
    if (keepMs === 'forever') continue;
    if (!Number.isInteger(keepMs) || keepMs < MIN_KEEP_MS || keepMs > MAX_KEEP_MS)
      throw new RangeError(
        `keepMs must be "forever", or a whole number from ${MIN_KEEP_MS} to ${MAX_KEEP_MS}; got ${JSON.stringify(keepMs)}`,
      );
  }
}

/**
 * How long jobs of this kind and state are kept after their last update, in milliseconds: as the first rule for them says, or else
 * {@link DEFAULT_KEEP_MS}. Undefined when they are not deleted: because a rule says so, or because they are not finished, or dead.
 */
export function keepMsOf(
  rules: readonly RetentionRule[],
  { kind, state }: { readonly kind: string; readonly state: JobState },
): number | undefined {
  if (!FINAL_STATES.includes(state)) return undefined;
  const rule = rules.find((one) => isOfKind(one.kind, kind) && (one.state ?? state) === state);
  const keepMs = rule === undefined ? DEFAULT_KEEP_MS : rule.keepMs;
  return keepMs === 'forever' ? undefined : keepMs;
}

/** Which jobs are deleted. */
export interface RetentionRequest {
  readonly rules: readonly RetentionRule[];
  /** In milliseconds since 1970. */
  readonly now: number;
  /** At most so many jobs: 1 to {@link MAX_DELETED_JOBS}. A ledger may delete fewer at a time, at least one. */
  readonly limit: number;
}

/** How much of what operators did long ago is deleted. */
export interface OldActionsRequest {
  /** In milliseconds since 1970. */
  readonly now: number;
  /** At most so many entries of the audit, and so many jobs of one operation: 1 to {@link MAX_DELETED_ACTIONS}. */
  readonly limit: number;
}

/** How many groups of failures are looked at. */
export interface OldGroupsRequest {
  /** In milliseconds since 1970. */
  readonly now: number;
  /** At most so many: 1 to {@link MAX_DELETED_GROUPS}. */
  readonly limit: number;
}

/** @throws {RangeError} for a limit that is not from 1 to `most`. */
export function requireDeletionLimit({ limit }: Pick<RetentionRequest, 'limit'>, most: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new RangeError(`limit must be a whole number from 1 to ${most}, got ${limit}`);
}

/** What was deleted. */
export interface RetentionProgress {
  /** Jobs; or operations, jobs of operations, and entries of the audit; or groups of failures, one for each kind. */
  readonly deletedCount: number;
  /** Whether there may be more to delete. */
  readonly isMore: boolean;
}

/** Deletes what a ledger no longer keeps. */
export interface JobRetention {
  /**
   * Deletes finished jobs whose time is over by {@link keepMsOf}, the oldest of each queue, kind and state first, with all that the ledger knows of them. A job is
   * chosen and deleted in one commit: one that changes meanwhile is not deleted. Several processes may do this at the same time. The ledger
   * does not know the ids of deleted jobs any more.
   * @throws {RangeError} for a limit out of bounds.
   */
  deleteFinished(request: RetentionRequest): Promise<RetentionProgress>;
  /**
   * Deletes what operators did long ago, the oldest first: one operation that ended over {@link KEEP_OPERATIONS_MS} ago, and entries of the audit that
   * are over {@link KEEP_AUDIT_MS} old. An operation that has not ended is never deleted. A deleted one is not found any more, also while some of its jobs are
   * still to be deleted from it. The audit keeps its id. Several processes may do this at the same time.
   * @throws {RangeError} for a limit out of bounds.
   */
  deleteOldActions(request: OldActionsRequest): Promise<RetentionProgress>;
  /**
   * Deletes groups of failures that no job is in any more, in whatever state, and in which no job has failed for {@link KEEP_FAILURE_GROUPS_MS}, with the versions that
   * failed so. Each call looks at the next groups, and after the last one at the first again: groups that still have jobs keep no others from being deleted.
   * Several processes may do this at the same time.
   * @throws {RangeError} for a limit out of bounds.
   */
  deleteOldGroups(request: OldGroupsRequest): Promise<RetentionProgress>;
}
