import type { JobState } from '../job/states.ts';
import { type AttemptEvent, isAnyOutcome, type JobEvent } from './events.ts';

/**
 * Where an event stands among those of its job. Events arrive in any order; this is the order in which they happened: by attempt; in an
 * attempt by run, and the outcome after all else; in a run by the moment that the event names, where a start precedes progress, and
 * progress an end. Clocks of two machines are compared only within one run that was delivered twice.
 */
export interface EventPosition {
  readonly attempt: number;
  readonly phase: Phase;
  /** Which run of the attempt; ignored for an outcome. */
  readonly run: number;
  /** In milliseconds since 1970; ignored for an outcome. */
  readonly at: number;
}

/** What of an attempt an event is about. */
type Phase = (typeof PHASES)[number];

const PHASES = ['start', 'progress', 'end', 'outcome'] as const;

const PHASE_OF: Readonly<
  Record<
    Exclude<
      JobEvent['type'],
      'accepted' | 'logged' | 'succeeded' | 'retried' | 'dead-lettered' | 'cancelled' | 'superseded'
    >,
    Phase
  >
> = {
  started: 'start',
  suspected: 'start',
  progress: 'progress',
  crashed: 'end',
  held: 'end',
  snoozed: 'end',
  'handed-back': 'end',
};

/** Above 0 when `a` happened later than `b`; 0 when their order is not known, as for two outcomes of one attempt. */
export function comparePositions(a: EventPosition, b: EventPosition): number {
  if (a.attempt !== b.attempt) return a.attempt - b.attempt;
  if (a.phase === 'outcome' || b.phase === 'outcome')
    return Number(a.phase === 'outcome') - Number(b.phase === 'outcome');
  return a.run - b.run || a.at - b.at || PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase);
}

/** Where `event` stands. */
export function positionOf(event: AttemptEvent): EventPosition {
  const { attempt, run = 0, at } = event;
  return isAnyOutcome(event) ? outcomeOf(attempt) : { attempt, phase: PHASE_OF[event.type], run, at };
}

/** What of a job's record tells where its newest event stands. */
interface Moved {
  readonly newest?: EventPosition;
  readonly attempt: number;
  readonly settledAttempt: number;
  readonly state: JobState;
  readonly updatedAt: number;
}

/** Where the newest event stands that moved a job; undefined when none did. Ledgers of earlier builds say only when it was. */
export function newestOf(record: Moved): EventPosition | undefined {
  const { newest, attempt, settledAttempt, state, updatedAt: at } = record;
  if (newest !== undefined) return newest;
  if (settledAttempt > 0 && settledAttempt >= attempt) return outcomeOf(settledAttempt);
  return attempt > 0 ? { attempt, phase: state === 'running' ? 'progress' : 'end', run: 0, at } : undefined;
}

function outcomeOf(attempt: number): EventPosition {
  return { attempt, phase: 'outcome', run: 0, at: 0 };
}
