import {
  type Clock,
  type Delivery,
  type Failure,
  type JobEvent,
  type JobEventBase,
  type JobMessage,
  type JobStore,
  type Logger,
  maxAttemptsOf,
  messageOf,
  toFailure,
  withDeadline,
} from '@leveret/core';
import type { Executor } from './executor.ts';
import type { Runnable } from './prepare.ts';
import { eventBase, type WorkerIdentity } from './settle-attempt.ts';

/** Starts of which no end is known, after which a job is given up that can run in a child: it takes more than the child along. */
const MAX_STARTS_IN_CHILD = 5;
/** The same for a handler given as a function: nobody sees its first start kill the worker, nor these. */
const MAX_STARTS_INLINE = 2;

/** How long an end may take to be written in the ledger, in milliseconds: nobody stops the slower for it. */
const NOTE_END_MS = 2_000;

/** What of a ledger is needed to judge suspects. */
export type SuspectLedger = Pick<JobStore, 'get' | 'apply'>;

/** What is to be done with a delivery. */
export type Verdict =
  /** Its outcome is recorded: nothing but the end of its delivery is missing. */
  { readonly kind: 'done' } | { readonly kind: 'condemned'; readonly failure: Failure } | Trial;

/** How a suspect is run. */
export interface Trial {
  readonly kind: 'run';
  readonly execute: Executor;
  /** The deaths it is charged with already. */
  readonly crashes: number;
  readonly noteEnd: NoteEnd;
}

/**
 * Writes what became of a start where the start is written: the recorder may lag, and a start without an end is taken for one that
 * killed. Once settled with its outcome, or with nothing before it goes back. Within two seconds; never rejects.
 */
export type NoteEnd = (outcome?: readonly JobEvent[]) => Promise<void>;

/** Judges deliveries that may have killed the process that had them before. */
export interface Suspects {
  /**
   * Whether a suspect may be judged now. Where only one may run at a time, the first one that asks has its turn until {@link leave}.
   */
  mayEnter(delivery: Delivery, runnable: Runnable | undefined): boolean;
  /**
   * What to do with a suspect that may enter. It is looked up in the ledger, and its start written there before it is made; where there
   * is no ledger, or it cannot be used now, the suspect runs all the same. Never rejects.
   */
  judge(delivery: Delivery, runnable: Runnable): Promise<Verdict>;
  /** The attempt is over and its end written, or it will not be made: if it was its turn, the next one may enter. Safe to call twice. */
  leave(delivery: Delivery): void;
  /** `listener` is called whenever a turn has ended. */
  onLeft(listener: () => void): void;
}

/** What judging works with. */
export interface SuspectsOptions {
  readonly worker: WorkerIdentity;
  readonly ledger: SuspectLedger | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Whether a delivery may be of a job that kills its process: it came back, or is charged with a death. Most that come back are
 * innocent: they were fetched ahead by a worker that died, was cut off, or stopped.
 */
export function isSuspect({ origin, message }: Delivery): boolean {
  return origin !== 'first' || message.crashes > 0;
}

/**
 * Creates the judge of a process. A suspect whose handler can run in a child process does: there its death is seen, and charged to it
 * alone. One that is not charged yet shares a child with others, one after the other; one that is runs in a child of its own, so that
 * nobody is charged for what another left behind. Handlers given as functions run here: one suspect at a time, so that the start that
 * stands in the ledger without an end is the one that killed the worker.
 */
export function createSuspects({ worker, ledger, clock, logger }: SuspectsOptions): Suspects {
  const listeners = new Set<() => void>();
  /** The one whose turn it is. */
  let inTurn: Delivery | undefined;

  function baseOf(message: JobMessage, { definition }: Runnable): JobEventBase {
    const maxAttempts = maxAttemptsOf(message, definition.retry);
    return eventBase(message, { maxAttempts, at: clock.now(), worker });
  }

  /** How many starts are written, this one included; undefined when the outcome is recorded. */
  async function noteStart(
    store: SuspectLedger,
    message: JobMessage,
    runnable: Runnable,
  ): Promise<number | undefined> {
    const record = await store.get(message.id);
    if (record !== undefined && record.settledAttempt >= message.attempt) return undefined;
    // Starts of an attempt before have ended, whether that is recorded yet or not.
    const before = record?.attempt === message.attempt ? (record.suspectStarts ?? 0) : 0;
    const start = before + 1;
    await store.apply([{ type: 'suspected', start, ...baseOf(message, runnable) }]);
    return start;
  }

  function noteEndOf(message: JobMessage, runnable: Runnable): NoteEnd {
    return async (outcome = [{ type: 'handed-back', ...baseOf(message, runnable) }]) => {
      if (ledger === undefined || outcome.length === 0) return;
      try {
        await withDeadline(
          clock,
          NOTE_END_MS,
          ledger.apply(outcome),
          () => new Error('the ledger did not answer'),
        );
      } catch (error) {
        logger.warn(
          { jobId: message.id, error: messageOf(error) },
          'the end of a job that may have killed a worker could not be written in the ledger: should it come back, its start counts',
        );
      }
    };
  }

  async function startOf(message: JobMessage, runnable: Runnable): Promise<number | undefined> {
    if (ledger === undefined) return 1;
    try {
      return await noteStart(ledger, message, runnable);
    } catch (error) {
      logger.warn(
        { jobId: message.id, error: messageOf(error) },
        'a job that may have killed a worker could not be looked up in the ledger: it runs all the same',
      );
      return 1;
    }
  }

  return {
    mayEnter(delivery, runnable) {
      const needsTurn = ledger !== undefined && runnable !== undefined && runnable.inChild === undefined;
      if (!needsTurn) return true;
      inTurn ??= delivery;
      return inTurn === delivery;
    },
    async judge({ message, origin }, runnable) {
      const { inChild, execute, isInline } = runnable;
      const start = await startOf(message, runnable);
      if (start === undefined) return { kind: 'done' };
      const maxStarts = inChild === undefined ? MAX_STARTS_INLINE : MAX_STARTS_IN_CHILD;
      if (start > maxStarts) return { kind: 'condemned', failure: killer(start) };
      // The start that killed a worker, if this job did it, is the first death.
      const crashes = origin === 'returned' && isInline ? Math.max(1, message.crashes) : message.crashes;
      const inChildOrHere = message.crashes > 0 ? inChild?.alone : inChild?.pooled;
      return {
        kind: 'run',
        execute: inChildOrHere ?? execute,
        crashes,
        noteEnd: noteEndOf(message, runnable),
      };
    },
    leave(delivery) {
      if (inTurn !== delivery) return;
      inTurn = undefined;
      for (const listener of listeners) listener();
    },
    onLeft: (listener) => listeners.add(listener),
  };
}

function killer(start: number): Failure {
  return toFailure(
    'WORKER_CRASHED',
    `whatever process ran it was gone before it ended, ${start - 1} times since it was first suspected`,
  );
}
