import type { JobRecord } from '../ledger/job-record.ts';
import { CONTROL_ACTIONS, type ControlAction } from './control-request.ts';

/** What an action does with a job. */
export type ControlDecision =
  | {
      readonly kind: 'change';
      /** The record after it. */
      readonly record: JobRecord;
      /** Whether messages of the generation before are not the job any more. */
      readonly isSuperseded: boolean;
      /** Whether the job is to be published, as {@link nextAttemptOf} of the record. */
      readonly runsAgain: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Decides on an action. Pure. A job that is cancelled or runs again is superseded: its generation grows, so that its old message and a run under way
 * are not the job any more. Attempts continue to count: one that has begun is not counted again after a retry, which gets as many attempts as the
 * job had at first; `run-now` keeps the attempts that are left.
 *
 * @param now Milliseconds since 1970.
 */
export function decideControl(record: JobRecord, action: ControlAction, now: number): ControlDecision {
  const { state } = record;
  const { from, to } = CONTROL_ACTIONS[action];
  if (!from.includes(state))
    return {
      kind: 'refused',
      reason: `the job is ${state}: ${action} is possible only while it is ${inWords(from)}`,
    };
  if (action === 'run-now' && state === 'queued' && (record.dueAt ?? 0) <= now)
    return { kind: 'refused', reason: 'the job is due already: it waits for a worker' };
  const runsAgain = to === 'queued';
  if (needsPayload(action) && record.payload === undefined)
    return {
      kind: 'refused',
      reason: 'the ledger does not have its payload: it was not kept, or the job is known from events only',
    };
  const updatedAt = Math.max(record.updatedAt, now);
  if (action === 'discard' || action === 'restore')
    return {
      kind: 'change',
      record: { ...record, state: to, updatedAt },
      isSuperseded: false,
      runsAgain: false,
    };
  const stopped = stoppedOf(record);
  const next = { ...stopped, generation: (record.generation ?? 0) + 1, state: to, updatedAt };
  if (action === 'cancel')
    return {
      kind: 'change',
      record: { ...next, finishedAt: updatedAt },
      isSuperseded: true,
      runsAgain: false,
    };
  const budget = action === 'retry' ? renewedBudget(record) : {};
  const settledAttempt = action === 'retry' ? lastAttemptOf(record) : record.settledAttempt;
  return {
    kind: 'change',
    record: { ...next, ...budget, settledAttempt, attempt: settledAttempt },
    isSuperseded: true,
    runsAgain: true,
  };
}

/** Whether a job without its payload is refused: it runs again, or could not after it was restored. */
export function needsPayload(action: ControlAction): boolean {
  return CONTROL_ACTIONS[action].to === 'queued' || action === 'restore';
}

/** The attempt that a superseded job starts with. */
export function nextAttemptOf({ settledAttempt }: Pick<JobRecord, 'settledAttempt'>): number {
  return settledAttempt + 1;
}

/** What stays of a record when its message is not the job any more: its last failure, but nothing of a run and of an end. */
function stoppedOf(record: JobRecord): JobRecord {
  const { dueAt, progress, progressDetails, runsOn, suspectStarts, newest, finishedAt, result, ...rest } =
    record;
  return rest;
}

function lastAttemptOf({ attempt, settledAttempt }: JobRecord): number {
  return Math.max(attempt, settledAttempt);
}

function renewedBudget(record: JobRecord): Pick<JobRecord, 'attemptBudget' | 'maxAttempts'> {
  const attemptBudget = record.attemptBudget ?? record.maxAttempts;
  return { attemptBudget, maxAttempts: lastAttemptOf(record) + attemptBudget };
}

function inWords(states: readonly string[]): string {
  return states.length === 1
    ? String(states[0])
    : `${states.slice(0, -1).join(', ')} or ${states.at(-1) ?? ''}`;
}
