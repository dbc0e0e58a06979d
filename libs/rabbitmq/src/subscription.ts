import {
  type Clock,
  LeveretError,
  type Logger,
  messageOf,
  type Random,
  type Subscription,
  sleep,
  withDeadline,
} from '@leveret/core';
import type { AmqpConnection, ConsumeMessage } from './amqp.ts';
import { isFinal, NOT_FOUND, replyCode, toBrokerError } from './amqp-errors.ts';
import type { Connection } from './connection.ts';
import { type OpenSession, openSession, type Session } from './session.ts';

/** Longest first and longest last pause before consuming again, in milliseconds; drawn evenly from 0 (full jitter). */
const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 5_000;
/** How long stopping waits for a channel that is being opened, in milliseconds. It is closed when it comes later. */
const STOP_MS = 5_000;

/** How a queue is consumed. */
export interface SubscriptionOptions {
  readonly connection: Pick<Connection, 'whenUp'>;
  /** The queue's name in the broker. */
  readonly queueName: string;
  /** Makes sure that the queue is there. */
  readonly ensure: (connection: AmqpConnection) => Promise<void>;
  /** The queue was not there after all. */
  readonly forget: () => void;
  readonly prefetch: number;
  /** Whether the broker may keep this consumer waiting while another one is active. */
  readonly mayStandBy: boolean;
  readonly onMessage: (message: ConsumeMessage, session: Session) => void;
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
  let running: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | undefined;
  let noteDrained: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => {
    noteDrained = resolve;
  });

  async function open(): Promise<OpenSession> {
    const amqp = await connection.whenUp(stopping.signal);
    await ensure(amqp);
    const isWanted = () => !stopping.signal.aborted;
    return await openSession({ ...options, connection: amqp, onCancelled: forget, isWanted });
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
    session.retire();
    logger.warn({ queue: queueName, reason }, 'consuming was interrupted: consuming again');
  }

  async function run(onStarted: () => void): Promise<void> {
    let hasStarted = false;
    let longestPauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      try {
        const session = await open();
        remember(session);
        if (stopping.signal.aborted) return await end(session);
        hasStarted = true;
        longestPauseMs = FIRST_PAUSE_MS;
        onStarted();
        await use(session);
      } catch (error) {
        if (stopping.signal.aborted) return;
        const failure = toBrokerError(error);
        if (isFinal(failure) && !hasStarted) throw failure;
        if (replyCode(error) === NOT_FOUND) forget();
        logger.warn({ queue: queueName, error: messageOf(error) }, 'cannot consume: will try again');
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
