/** Where a job stands. */
export type JobState =
  | 'scheduled'
  | 'queued'
  | 'running'
  | 'retrying'
  | 'succeeded'
  | 'cancelled'
  | 'expired'
  | 'dead'
  | 'discarded';

/** What the table says of one state. */
export interface StateRule {
  /** In words, for people. */
  readonly meaning: string;
  /** Nothing more happens by itself. */
  readonly terminal: boolean;
  /** The states a job can go to from here. */
  readonly next: readonly JobState[];
}

/** The one table of job states: clients, ledger and documentation read it. */
export const JOB_STATES: Readonly<Record<JobState, StateRule>> = {
  scheduled: {
    meaning: 'its next run is in the future: it was enqueued with a delay, or snoozed',
    terminal: false,
    next: ['queued', 'running', 'cancelled', 'expired', 'dead'],
  },
  queued: {
    meaning: 'waits for a worker',
    terminal: false,
    next: ['running', 'scheduled', 'cancelled', 'expired', 'dead'],
  },
  running: {
    meaning: 'an attempt is running',
    terminal: false,
    next: ['succeeded', 'retrying', 'scheduled', 'queued', 'cancelled', 'dead'],
  },
  retrying: {
    meaning: 'failed, and waits for its next attempt',
    terminal: false,
    next: ['running', 'scheduled', 'queued', 'cancelled', 'expired', 'dead'],
  },
  succeeded: { meaning: 'done', terminal: true, next: ['queued'] },
  cancelled: { meaning: 'stopped on request', terminal: true, next: ['queued'] },
  expired: { meaning: 'its deadline passed before it was done', terminal: true, next: ['queued'] },
  dead: {
    meaning: 'dead-lettered; kept until it is retried or discarded',
    terminal: true,
    next: ['queued', 'running', 'discarded'],
  },
  discarded: {
    meaning: 'was dead, and a person has given it up',
    terminal: true,
    next: ['dead', 'queued'],
  },
};

/** The states that a job does not leave: the terminal ones but `dead`. */
export const FINAL_STATES: readonly JobState[] = (Object.keys(JOB_STATES) as JobState[]).filter(
  (state) => JOB_STATES[state].terminal && state !== 'dead',
);
