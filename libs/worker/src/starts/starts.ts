import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type AttemptLedger,
  type AttemptName,
  type AttemptStart,
  type Clock,
  type Delivery,
  type Failure,
  isRepeated,
  type JobMessage,
  type Logger,
  type OpenStarts,
  runOf,
  type StartAnswer,
  toFailure,
} from '@leveret/core';
import type { Executor } from '../handler/executor.ts';
import type { Runnable } from '../handler/prepare.ts';
import { createLedgerQuestions } from './ledger-questions.ts';

/** Starts without a known end after which a job that can run in a child is dead-lettered: it ends its worker along with the child. */
const MAX_STARTS_IN_CHILD = 5;
/** The same for a handler given as a function: each such start may have ended a worker. */
const MAX_STARTS_INLINE = 3;
/** The starts of a candidate in the workers' own processes: its deaths there. A child's death is the third. */
const CANDIDATE_DEATHS = 2;
/** How old the newest start must be before its job is dead-lettered, in milliseconds: a worker that was cut off has reconnected by then. */
const RECONNECT_MS = 15_000;
/** How long a deferred delivery waits before it is looked up again, in milliseconds. */
const LOOK_AGAIN_MS = 5_000;
/** Without a ledger: returns after which a job may kill its process. */
const CANDIDATE_RETURNS = 2;
/** Without a ledger: a job whose handler is a function is dead-lettered when it came back more often than this. Lost connections and drains count too. */
const MAX_RETURNS = 10;
/** How long an answer that was asked for in advance holds, in milliseconds. */
const AHEAD_HOLDS_MS = 5_000;

/** What is to be done with a delivery. */
export type StartDecision =
  | StartedRun
  /** It is a candidate: it waits for its turn, and is decided on again then. `share`: see {@link Starts.shareOf}. */
  | { readonly kind: 'candidate'; readonly share: number }
  /** Its outcome is recorded: the delivery is acknowledged without a run. */
  | { readonly kind: 'settled' }
  /** Another worker runs it, or had it and may only have lost its connection, or the ledger is late: it comes again later. */
  | { readonly kind: 'defer'; readonly delayMs: number }
  | { readonly kind: 'dead-letter'; readonly failure: Failure };

/** A start that may be made. */
export interface StartedRun {
  readonly kind: 'run';
  readonly execute: Executor;
  /** The deaths that the job is charged with already. */
  readonly crashes: number;
}

/** An answer that was asked for while a delivery waited. */
export interface AheadAnswer {
  /** Whether it may start like a fresh one. */
  readonly isFree: Promise<boolean>;
  /** By the monotonic clock, in milliseconds. */
  readonly holdsUntil: number;
}

/** How a delivery is to start. */
export interface WantedStart {
  readonly runnable: Runnable;
  /** Whether it is a candidate whose turn it is. */
  readonly isApart: boolean;
  /** Absent where nothing was asked in advance, or another worker may have started the job since. */
  readonly ahead: AheadAnswer | undefined;
}

/** Decides whether deliveries start, and how, where one may be a repetition or kill its process. */
export interface Starts {
  /** Whether a delivery is to be decided on. All others simply run. */
  concerns(delivery: Delivery): boolean;
  /**
   * How many candidates may run in the worker's process at the same time with this one; 1 when it runs alone there. Undefined for a delivery
   * that is not known to be a poison candidate before the ledger is asked.
   */
  shareOf(delivery: Delivery): number | undefined;
  /** Asks in advance about a delivery that has to wait for a slot, so that it need not wait for the ledger then. Nothing is recorded. */
  askAhead(delivery: Delivery): AheadAnswer | undefined;
  /**
   * What to do with a delivery. Its start is sent to the ledger before it is made; where no ledger answers, the broker's count of returns
   * decides. Never rejects.
   */
  decide(delivery: Delivery, wanted: WantedStart): Promise<StartDecision>;
  /** Records a start that was made without asking. Does not wait for the answer. */
  noteStart(attempt: AttemptName): void;
  /** Records that starts ended with nothing, or were never made, before the deliveries go back. Within two seconds; never rejects. */
  noteEnds(messages: readonly JobMessage[]): Promise<void>;
}

/** What deciding works with. */
export interface StartsOptions {
  readonly ledger: AttemptLedger | undefined;
  readonly instanceId: string;
  /** Of each queue of the worker. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Creates what decides on the starts of one worker. */
export function createStarts({ ledger, instanceId, concurrency, clock, logger }: StartsOptions): Starts {
  const questions = ledger === undefined ? undefined : createLedgerQuestions({ ledger, clock, logger });
  let hasBlamed = false;

  function startOf({ queue, id: jobId, attempt }: JobMessage): AttemptStart {
    return { queue, jobId, attempt, instanceId };
  }

  function noteStart({ queue, jobId, attempt }: AttemptName): void {
    // Apart, so that it is recorded whatever was started before.
    questions
      ?.ask({ queue, jobId, attempt, instanceId, returnCount: 0, isApart: true })
      .catch(() => undefined);
  }

  function noteEnds(messages: readonly JobMessage[]): Promise<void> {
    return questions?.noteEnds(messages.map(startOf)) ?? Promise.resolve();
  }

  /** Each return halves how many run at the same time, so a job that kills its process soon runs alone, and others are not held up long. */
  function shareByReturns({ message, returnCount }: Delivery): number {
    return message.crashes > 0 ? 1 : Math.max(1, Math.floor(concurrency / 2 ** (returnCount - 1)));
  }

  /**
   * The first in line is the job during which the last process died: one before it would have ended. So a worker dead-letters one job by its
   * count, and those that were only prefetched next to it run.
   */
  function isBlamed({ returnCount }: Delivery, { inChild }: Runnable): boolean {
    if (inChild !== undefined || returnCount <= MAX_RETURNS || hasBlamed) return false;
    hasBlamed = true;
    return true;
  }

  function decideByReturns(delivery: Delivery, { runnable, isApart }: WantedStart): StartDecision {
    if (!isCandidateByReturns(delivery)) return runHere(delivery, runnable);
    if (!isApart) return { kind: 'candidate', share: shareByReturns(delivery) };
    if (!isBlamed(delivery, runnable)) return runApart(delivery, runnable);
    const reason = `the job came back ${delivery.returnCount} times: each time its worker died, lost its connection, or stopped`;
    return { kind: 'dead-letter', failure: toFailure('WORKER_CRASHED', reason) };
  }

  async function isStillFree(ahead: AheadAnswer | undefined): Promise<boolean> {
    return ahead !== undefined && (await ahead.isFree) && clock.monotonic() < ahead.holdsUntil;
  }

  return {
    concerns: (delivery) => isRepeated(delivery) || delivery.message.crashes > 0,
    shareOf(delivery) {
      const isCandidate =
        questions === undefined ? isCandidateByReturns(delivery) : delivery.message.crashes > 0;
      return isCandidate ? shareByReturns(delivery) : undefined;
    },
    askAhead({ message, origin, returnCount }) {
      // Copies are announced, and looked up after that.
      if (questions === undefined || origin !== 'returned') return undefined;
      const { generation } = message;
      const request = { ...startOf(message), generation, run: runOf(message), returnCount, isApart: false };
      return {
        isFree: questions.ask({ ...request, isAhead: true }).then((answer) => answer?.kind === 'free'),
        holdsUntil: clock.monotonic() + AHEAD_HOLDS_MS,
      };
    },
    async decide(delivery, wanted) {
      const { message, returnCount } = delivery;
      const { runnable, isApart, ahead } = wanted;
      const start = startOf(message);
      if (await isStillFree(ahead)) {
        noteStart(start);
        // It has left this process then, whatever the handler does to that.
        await nextTurn();
        return runHere(delivery, runnable);
      }
      const maxOpenStarts = maxOpenStartsOf(runnable);
      const answer = await questions?.ask({
        ...start,
        generation: message.generation,
        run: runOf(message),
        returnCount,
        isApart,
        maxOpenStarts,
      });
      if (answer === undefined) return decideByReturns(delivery, wanted);
      // It may have been granted all the same.
      if (answer.kind === 'late') noteEnds([message]).catch(() => undefined);
      return decideByAnswer(answer, delivery, wanted);
    },
    noteStart,
    noteEnds,
  };
}

function maxOpenStartsOf({ inChild }: Runnable): number {
  return inChild === undefined ? MAX_STARTS_INLINE : MAX_STARTS_IN_CHILD;
}

function isCandidateByReturns({ message, returnCount }: Delivery): boolean {
  return message.crashes > 0 || returnCount >= CANDIDATE_RETURNS;
}

function decideByAnswer(
  answer: StartAnswer,
  delivery: Delivery,
  { runnable, isApart }: WantedStart,
): StartDecision {
  switch (answer.kind) {
    case 'settled':
      return { kind: 'settled' };
    case 'candidate':
      return endOfCandidate(answer, runnable) ?? { kind: 'candidate', share: 1 };
    case 'granted':
      return isApart ? runApart(delivery, runnable) : runHere(delivery, runnable);
    case 'running':
    case 'late':
    // Answers to what is asked in advance.
    case 'free':
    case 'unclear':
      return { kind: 'defer', delayMs: LOOK_AGAIN_MS };
  }
}

/** What becomes of a candidate that has been started too often; undefined for one that may run. */
function endOfCandidate(
  { openStarts, newestAgeMs }: OpenStarts,
  runnable: Runnable,
): StartDecision | undefined {
  if (openStarts < maxOpenStartsOf(runnable)) return undefined;
  if (newestAgeMs < RECONNECT_MS) return { kind: 'defer', delayMs: LOOK_AGAIN_MS };
  const reason = `${openStarts} starts of the job have no known end: each time its worker could not be reached`;
  return { kind: 'dead-letter', failure: toFailure('WORKER_CRASHED', reason) };
}

function runHere({ message }: Delivery, { execute }: Runnable): StartedRun {
  return { kind: 'run', execute, crashes: message.crashes };
}

/**
 * In a child, where its death is seen and costs no other worker anything: one that other candidates run in too, one after the other, until
 * the job is charged with a death. A function runs here.
 */
function runApart({ message }: Delivery, { execute, inChild, isInline }: Runnable): StartedRun {
  const isCharged = message.crashes > 0;
  // A message that is charged already counts the deaths before it ran in children.
  const crashes = isInline && !isCharged ? CANDIDATE_DEATHS : message.crashes;
  const inChildOrHere = isCharged ? inChild?.alone : inChild?.pooled;
  return { kind: 'run', execute: inChildOrHere ?? execute, crashes };
}
