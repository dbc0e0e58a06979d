import {
  type Clock,
  LeveretError,
  type Logger,
  type Random,
  type Subscription,
  sleep,
  withDeadline,
} from '@leveret/core';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import type { AmqpConnection } from '../connection/amqp.ts';
import { isFinal, NOT_FOUND, replyCode, toBrokerError } from '../connection/amqp-errors.ts';
import type { Connection } from '../connection/connection.ts';
import { type OpenSession, openSession, type Session } from './session.ts';
import type { SettledMemory } from './settled-memory.ts';

/** Longest first and longest last pause before consuming again, in milliseconds; drawn evenly from 0 (full jitter). */
const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 2_000;
/** How long stopping waits for a channel that is being opened, in milliseconds. It is closed when it comes later. */
const STOP_MS = 5_000;

/** How a queue is consumed. */
export interface SubscriptionOptions {
  readonly connection: Pick<Connection, 'whenUp'>;
  /** What the queue is called in the log. */
  readonly queueName: string;
  /** Makes sure that the queue is there, each time before it is consumed; its name in the broker. `signal` aborts when that is not wanted any more. */
  readonly ensure: (connection: AmqpConnection, signal: AbortSignal) => Promise<string>;
  /** The queue was not there after all. */
  readonly forget: () => void;
  readonly prefetch: number;
  /** Consumers of a higher one are given messages first, as long as they have room. */
  readonly priority?: number;
  /** Whether the broker may keep this consumer waiting while another one is active. */
  readonly mayStandBy: boolean;
  /** Whether it tries again when the broker refuses it for good, also before its start: then `start` does not reject for that. */
  readonly outlastsRefusals?: boolean;
  /** Whether all properties of its messages are read, not only those that make a job. */
  readonly readsAll?: boolean;
  readonly onMessage: (message: RawDelivery, session: Session) => void;
  /** Called with the reason when, after the start, the broker refuses it for good, and with undefined when the queue is consumed. Must not throw. */
  readonly onRefused?: (refusal: LeveretError | undefined) => void;
  /** A channel was lost, and with it perhaps acknowledgements of what was settled on it. */
  readonly onLost?: (settled: SettledMemory) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A consumer that consumes again, on a fresh channel, whatever ended it. */
export interface ResilientSubscription extends Subscription {
  /**
   * Resolves when the queue is being consumed. Once this has rejected, nothing more happens.
   * @throws {LeveretError} `TOPOLOGY_MISMATCH`, `BROKER_REFUSED`: no repetition would help; `BROKER_UNAVAILABLE` when it was
   *   stopped before.
   */
  start(): Promise<void>;
  /** Sends off acknowledgements and closes every channel, within a few seconds: what is unsettled returns to the queue. */
  close(): Promise<void>;
  /** Resolves when it is stopped and everything that was delivered is settled. Never rejects. */
  readonly drained: Promise<void>;
}

/** Creates a subscription. */
export function createSubscription(options: SubscriptionOptions): ResilientSubscription {
  const { connection, queueName, ensure, forget, clock, random, logger } = options;
  const stopping = new AbortController();
  const sessions = new Set<OpenSession>();
  let current: OpenSession | undefined;
  let amqp: AmqpConnection | undefined;
  /** What was settled too late so far: it was, or will be, delivered again. */
  let staleCount = 0;
  let running: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | undefined;
  let noteDrained: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => {
    noteDrained = resolve;
  });

  async function open(): Promise<OpenSession> {
    amqp = await connection.whenUp(stopping.signal);
    const name = await ensure(amqp, stopping.signal);
    const isWanted = () => !stopping.signal.aborted;
    const onStale = () => {
      staleCount += 1;
    };
    return await openSession({
      ...options,
      queueName: name,
      connection: amqp,
      onCancelled: forget,
      onStale,
      isWanted,
    });
  }

  function remember(session: OpenSession): void {
    sessions.add(session);
    session.closed.then(
      () => sessions.delete(session),
      () => undefined,
    );
  }

  async function end(session: OpenSession): Promise<void> {
    await session.cancel();
    session.retire();
  }

  /** Until nothing is delivered on the session any more. */
  async function use(session: OpenSession): Promise<void> {
    current = session;
    const reason = await session.ended;
    current = undefined;
    if (stopping.signal.aborted) return;
    // What is in hand is delivered again; how much of it was finished all the same is known at the next interruption.
    const counts = { unsettledCount: session.unsettledCount(), staleCount };
    session.retire();
    // That the connection was lost is said already, and for many queues there is nothing to add to it.
    const isSaid = amqp?.isOpen() === false && counts.unsettledCount === 0;
    logger[isSaid ? 'debug' : 'warn'](
      { queue: queueName, reason, ...counts },
      'consuming was interrupted: consuming again',
    );
  }

  function say(failure: LeveretError): void {
    const isRefusal = isFinal(failure);
    logger[isRefusal ? 'error' : 'warn'](
      { queue: queueName, error: failure.message },
      'cannot consume: will try until it can',
    );
    if (isRefusal) options.onRefused?.(failure);
  }

  async function run(onStarted: () => void): Promise<void> {
    let hasStarted = false;
    let longestPauseMs = FIRST_PAUSE_MS;
    let saidReason: string | undefined;
    while (!stopping.signal.aborted) {
      try {
        const session = await open();
        remember(session);
        if (stopping.signal.aborted) return await end(session);
        hasStarted = true;
        longestPauseMs = FIRST_PAUSE_MS;
        saidReason = undefined;
        options.onRefused?.(undefined);
        onStarted();
        await use(session);
      } catch (error) {
        if (stopping.signal.aborted) return;
        const failure = toBrokerError(error);
        if (isFinal(failure) && !hasStarted && !options.outlastsRefusals) throw failure;
        if (replyCode(error) === NOT_FOUND) forget();
        if (saidReason !== failure.message) say(failure);
        saidReason = failure.message;
      }
      await sleep(clock, random() * longestPauseMs, stopping.signal);
      longestPauseMs = Math.min(longestPauseMs * 2, LAST_PAUSE_MS);
    }
  }

  async function stop(): Promise<void> {
    stopping.abort();
    if (current !== undefined) return await end(current);
    await withDeadline(clock, STOP_MS, running, stoppedError).catch(() => undefined);
  }

  return {
    drained,
    start: () =>
      new Promise((resolve, reject) => {
        running = run(resolve).then(() => reject(stoppedError()), reject);
        running
          .then(() => Promise.all([...sessions].map(({ closed }) => closed)))
          .then(noteDrained, noteDrained);
      }),
    stop() {
      stopped ??= stop();
      return stopped;
    },
    async close() {
      stopping.abort();
      await Promise.all([...sessions].map((session) => session.close()));
    },
  };
}

function stoppedError(): LeveretError {
  return new LeveretError('BROKER_UNAVAILABLE', 'consuming was stopped before it began');
}
