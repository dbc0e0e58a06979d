import type { OutgoingMessage } from '../job/message.ts';
import type { JobState } from '../job/states.ts';

/** What an operator can do with a job. */
export type ControlAction = 'cancel' | 'run-now' | 'retry' | 'discard' | 'restore';

/** What the table says of one action. */
export interface ControlRule {
  /** In words, for people. */
  readonly meaning: string;
  /** The states of a job in which it is possible. */
  readonly from: readonly JobState[];
  /** The states of the jobs that a filter without a state selects. A job that has succeeded is run again only when that is said. */
  readonly selects: readonly JobState[];
  /** The state that it leads to. */
  readonly to: JobState;
}

/** The one table of actions: ledger, CLI and documentation read it. */
export const CONTROL_ACTIONS: Readonly<Record<ControlAction, ControlRule>> = {
  cancel: {
    meaning: 'stop the job: it does not run, or its handler is aborted',
    from: ['scheduled', 'queued', 'running', 'retrying'],
    selects: ['scheduled', 'queued', 'running', 'retrying'],
    to: 'cancelled',
  },
  'run-now': {
    meaning: 'run the job immediately instead of waiting until it is due',
    from: ['scheduled', 'retrying', 'queued'],
    selects: ['scheduled', 'retrying'],
    to: 'queued',
  },
  retry: {
    meaning: 'run a finished job again, with as many attempts as at first',
    from: ['dead', 'cancelled', 'succeeded', 'expired', 'discarded'],
    selects: ['dead'],
    to: 'queued',
  },
  discard: {
    meaning: 'give a dead job up: it is deleted after the retention time',
    from: ['dead'],
    selects: ['dead'],
    to: 'discarded',
  },
  restore: {
    meaning: 'undo a discard: the job is dead again',
    from: ['discarded'],
    selects: ['discarded'],
    to: 'dead',
  },
};

/** Which jobs an action on many is for: those of `filter`; if that names no state, those in the states of the table. */
export function toSelection<Filter extends { readonly states?: readonly JobState[] }>(
  action: ControlAction,
  filter: Filter,
): Filter {
  return filter.states === undefined ? { ...filter, states: CONTROL_ACTIONS[action].selects } : filter;
}

/** Most characters of a reason that an operator gives. */
export const MAX_CONTROL_REASON = 1_000;

/** Who acts, and why. */
export interface ControlAuthor {
  /** Who: of the CLI, user and host, such as `root@web-1`. */
  readonly by: string;
  /** Why, at most {@link MAX_CONTROL_REASON} characters. */
  readonly reason?: string;
}

/** What is to be done with one job. */
export interface ControlRequest extends ControlAuthor {
  readonly action: ControlAction;
  readonly jobId: string;
}

/** What became of a request. */
export type ControlAnswer = ControlDone | ControlRefusal;

/** The request is carried out in the ledger. */
export interface ControlDone {
  readonly kind: 'done';
  readonly jobId: string;
  readonly queue: string;
  readonly before: JobState;
  readonly after: JobState;
  /** Of the job, after the change. */
  readonly generation: number;
  /** Number of the change for workers: see `ControlView.seq`. Absent when no worker need know of it. */
  readonly seq?: number;
  /** What is to be published, where the job runs again. The ledger holds it as undispatched, for the caller. */
  readonly outgoing?: OutgoingMessage;
}

/** The request is not carried out: nothing is changed. */
export interface ControlRefusal {
  readonly kind: 'refused';
  readonly jobId: string;
  readonly code: 'JOB_NOT_FOUND' | 'ACTION_REFUSED';
  /** Why, in words. */
  readonly reason: string;
}
