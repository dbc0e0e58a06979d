import {
  type AttemptLedger,
  type AttemptName,
  type AttemptStart,
  type Clock,
  type Delivery,
  type Failure,
  type JobMessage,
  type Logger,
  messageOf,
  type OpenStarts,
  runOf,
  type StartAnswer,
  type StartRequest,
  toFailure,
  withDeadline,
} from '@leveret/core';
import type { Executor } from '../handler/executor.ts';
import type { Runnable } from '../handler/prepare.ts';

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
/** Without a ledger: returns after which a job may kill its process, and runs apart. */
const CANDIDATE_RETURNS = 2;
/** Without a ledger: a job whose handler is a function is dead-lettered when it came back more often than this. Lost connections and drains count too. */
const MAX_RETURNS = 10;
/** How long a worker waits for the ledger's answer, in milliseconds. */
const ANSWER_MS = 2_000;
/** How long the ledger is not asked after it gave no answer, in milliseconds. */
const OUTAGE_PAUSE_MS = 5_000;

/** What is to be done with a delivery. */
export type StartDecision =
  | StartedRun
  /** It is a candidate: it waits for its turn, and is decided on again then. */
  | { readonly kind: 'candidate' }
  /** Its outcome is recorded: the delivery is acknowledged without a run. */
  | { readonly kind: 'settled' }
  /** Another worker runs it, or had it and may only have lost its connection: it comes again later. */
  | { readonly kind: 'defer'; readonly delayMs: number }
  | { readonly kind: 'dead-letter'; readonly failure: Failure };

/** A start that may be made. */
export interface StartedRun {
  readonly kind: 'run';
  readonly execute: Executor;
  /** The deaths that the job is charged with already. */
  readonly crashes: number;
}

/** Decides whether deliveries start, and how, where one may be a repetition or kill its process. */
export interface Starts {
  /** Whether a delivery is to be decided on. All others simply run. */
  concerns(delivery: Delivery): boolean;
  /** Whether a delivery is known to be a poison candidate before the ledger is asked. */
  isCandidate(delivery: Delivery): boolean;
  /**
   * What to do with a delivery. `isApart`: it is a candidate whose turn it is. The start is recorded before it is made; where no ledger
   * answers, the broker's count of returns decides. What is asked for at the same time is one question. Never rejects.
   */
  decide(delivery: Delivery, runnable: Runnable, isApart: boolean): Promise<StartDecision>;
  /** Records a start that was made without asking. Does not wait for the answer. */
  noteStart(attempt: AttemptName): void;
  /** Records that starts ended with nothing, or were never made, before the deliveries go back. Within two seconds; never rejects. */
  noteEnds(messages: readonly JobMessage[]): Promise<void>;
}

/** What deciding works with. */
export interface StartsOptions {
  readonly ledger: AttemptLedger | undefined;
  readonly instanceId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A question on its way. */
interface Question {
  readonly request: StartRequest;
  readonly answer: (answer: StartAnswer | undefined) => void;
}

/** Creates what decides on the starts of one worker. */
export function createStarts({ ledger, instanceId, clock, logger }: StartsOptions): Starts {
  let questions: Question[] = [];
  let ends: AttemptStart[] = [];
  let sendingEnds: Promise<void> | undefined;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let isAway = false;

  async function withAnswer<T>(work: Promise<T>): Promise<T> {
    const answer = await withDeadline(clock, ANSWER_MS, work, () => new Error('the ledger did not answer'));
    isAway = false;
    return answer;
  }

  function noteOutage(error: unknown): void {
    pausedUntil = clock.monotonic() + OUTAGE_PAUSE_MS;
    if (!isAway)
      logger.warn(
        { error: messageOf(error) },
        'the ledger does not answer: repeated jobs run without being looked up',
      );
    isAway = true;
  }

  async function sendQuestions(asked: AttemptLedger): Promise<void> {
    const sent = questions;
    questions = [];
    let answers: readonly StartAnswer[] = [];
    try {
      answers = await withAnswer(asked.begin(sent.map(({ request }) => request)));
    } catch (error) {
      noteOutage(error);
    }
    for (const [index, { answer }] of sent.entries()) answer(answers[index]);
  }

  /** Undefined when there is no ledger, or it does not answer. */
  function ask(asked: Omit<StartRequest, 'goneIds' | 'endedIds'>): Promise<StartAnswer | undefined> {
    if (ledger === undefined || clock.monotonic() < pausedUntil) return Promise.resolve(undefined);
    const request = { ...asked, goneIds: [], endedIds: [] };
    return new Promise((answer) => {
      if (questions.push({ request, answer }) > 1) return;
      // What asks in this turn of the event loop is one question.
      queueMicrotask(() => sendQuestions(ledger).catch(noteOutage));
    });
  }

  function startOf({ queue, id: jobId, attempt }: JobMessage): AttemptStart {
    return { queue, jobId, attempt, instanceId };
  }

  async function sendEnds(asked: AttemptLedger): Promise<void> {
    await Promise.resolve();
    const sent = ends;
    ends = [];
    sendingEnds = undefined;
    try {
      await withAnswer(asked.noteEnds(sent));
    } catch (error) {
      noteOutage(error);
    }
  }

  return {
    concerns: ({ origin, message }) => origin !== 'first' || message.crashes > 0,
    isCandidate: ({ message, returnCount }) =>
      message.crashes > 0 || (ledger === undefined && returnCount >= CANDIDATE_RETURNS),
    async decide(delivery, runnable, isApart) {
      const { message, returnCount } = delivery;
      const answer = await ask({ ...startOf(message), run: runOf(message), returnCount, isApart });
      if (answer === undefined) return decideByReturns(delivery, runnable, isApart);
      return decideByAnswer(answer, { delivery, runnable, isApart });
    },
    noteStart({ queue, jobId, attempt }) {
      // Apart, so that it is recorded whatever was started before.
      ask({ queue, jobId, attempt, instanceId, returnCount: 0, isApart: true }).catch(noteOutage);
    },
    noteEnds(messages) {
      if (ledger === undefined || clock.monotonic() < pausedUntil) return Promise.resolve();
      ends.push(...messages.map(startOf));
      sendingEnds ??= sendEnds(ledger);
      return sendingEnds;
    },
  };
}

interface DecidedStart {
  readonly delivery: Delivery;
  readonly runnable: Runnable;
  readonly isApart: boolean;
}

function decideByAnswer(answer: StartAnswer, { delivery, runnable, isApart }: DecidedStart): StartDecision {
  switch (answer.kind) {
    case 'settled':
      return { kind: 'settled' };
    case 'running':
      return { kind: 'defer', delayMs: LOOK_AGAIN_MS };
    case 'candidate':
      return endOfCandidate(answer, runnable) ?? { kind: 'candidate' };
    case 'granted':
      return (
        endOfCandidate(answer, runnable) ??
        (isApart ? runApart(delivery, runnable) : runHere(delivery, runnable))
      );
  }
}

/** What becomes of a candidate that has been started too often; undefined for one that may run. */
function endOfCandidate(
  { openStarts, newestAgeMs }: OpenStarts,
  { inChild }: Runnable,
): StartDecision | undefined {
  if (openStarts < (inChild === undefined ? MAX_STARTS_INLINE : MAX_STARTS_IN_CHILD)) return undefined;
  if (newestAgeMs < RECONNECT_MS) return { kind: 'defer', delayMs: LOOK_AGAIN_MS };
  const reason = `${openStarts} starts of the job have no known end: each time its worker could not be reached`;
  return { kind: 'dead-letter', failure: toFailure('WORKER_CRASHED', reason) };
}

function decideByReturns(delivery: Delivery, runnable: Runnable, isApart: boolean): StartDecision {
  const { returnCount, message } = delivery;
  if (runnable.inChild === undefined && returnCount > MAX_RETURNS) {
    const reason = `the job came back ${returnCount} times: each time its worker died, lost its connection, or stopped`;
    return { kind: 'dead-letter', failure: toFailure('WORKER_CRASHED', reason) };
  }
  const isCandidate = returnCount >= CANDIDATE_RETURNS || message.crashes > 0;
  if (!isCandidate) return runHere(delivery, runnable);
  return isApart ? runApart(delivery, runnable) : { kind: 'candidate' };
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
