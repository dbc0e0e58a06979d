import {
  type BrokerStatus,
  type Clock,
  type LeveretError,
  type Logger,
  type Random,
  sleep,
  withDeadline,
} from '@leveret/core';
import { type AmqpConnection, type ConnectOptions, connectAmqp, type TlsOptions } from './amqp.ts';
import { isFinal, toBrokerError, unavailable } from './amqp-errors.ts';
import { placeOf } from './broker-url.ts';

/** Longest first and longest last pause between rounds of tries, in milliseconds; drawn evenly from 0 (full jitter). */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 2_000;
/** The same for a broker that refuses: somebody has to change something first. */
const LAST_REFUSED_PAUSE_MS = 5_000;
/** How long closing waits for a try that is under way, in milliseconds. What comes of it later is closed at once. */
const CLOSE_MS = 2_000;

/** How a connection is kept. */
export interface ConnectionOptions {
  /** Brokers of one cluster; the first that answers is used. */
  readonly urls: readonly string[];
  /** What it is for: shown in the broker's own tools and in the log. */
  readonly purpose: 'publishing' | 'consuming';
  readonly tls?: TlsOptions | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How one broker is connected to; `connectAmqp` unless a test says otherwise. */
  readonly connect?: (url: string, options: ConnectOptions) => Promise<AmqpConnection>;
}

/** A connection that is made again whenever it is lost. */
export interface Connection {
  /**
   * Makes the first connection.
   * @throws {LeveretError} `BROKER_REFUSED`, `BROKER_UNAVAILABLE` when no broker of the list takes it.
   */
  open(): Promise<void>;
  /** The connection, while there is one. */
  current(): AmqpConnection | undefined;
  /** The connection, as soon as there is one. @throws {LeveretError} `BROKER_UNAVAILABLE` once it is closed for good, or when `signal` aborts. */
  whenUp(signal?: AbortSignal): Promise<AmqpConnection>;
  status(): BrokerStatus;
  /** Ends it for good, within a few seconds. Safe to call twice. */
  close(): Promise<void>;
}

interface Waiter {
  readonly resolve: (connection: AmqpConnection) => void;
  readonly reject: (error: Error) => void;
}

/** Creates a connection that heals itself. It logs when its state changes, not for every try. */
export function createConnection(options: ConnectionOptions): Connection {
  const { urls, purpose, tls, clock, random, logger, connect = connectAmqp } = options;
  const closing = new AbortController();
  const waiting = new Set<Waiter>();
  let current: AmqpConnection | undefined;
  let obstacle = unavailable('not connected yet');
  let isBlocked = false;
  let connecting: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  /** One try at each broker, in random order, so that many processes spread over the cluster. */
  async function tryAll(): Promise<AmqpConnection> {
    let failure = unavailable('there is no broker URL');
    const how = {
      name: `leveret ${purpose}`,
      clock,
      endsInSilence: purpose === 'consuming',
      onBlocked: noteBlocked,
      ...(tls === undefined ? {} : { tls }),
    };
    for (const url of shuffled(urls, random)) {
      try {
        return await connect(url, how);
      } catch (error) {
        failure = toBrokerError(error);
        // A refusal is the same on every node of a cluster, and says more than a node that is down.
        if (failure.code === 'BROKER_REFUSED' || closing.signal.aborted) break;
      }
    }
    throw failure;
  }

  function noteBlocked(why: string | undefined): void {
    // A broker that is short of memory and then of disk too says so twice.
    if ((why !== undefined) === isBlocked) return;
    isBlocked = why !== undefined;
    if (isBlocked) logger.warn({ purpose, reason: why }, 'the broker takes no messages');
    else logger.info({ purpose }, 'the broker takes messages again');
  }

  async function connectAndUse(): Promise<void> {
    const connection = await tryAll();
    if (closing.signal.aborted) {
      await connection.close();
      throw closedError();
    }
    use(connection);
  }

  function use(connection: AmqpConnection): void {
    current = connection;
    isBlocked = connection.blocked() !== undefined;
    connection.lost.then(
      (why) => {
        if (current !== connection) return;
        current = undefined;
        obstacle = unavailable(why);
        if (closing.signal.aborted) return;
        logger.warn({ purpose, reason: why }, 'lost the connection to the broker');
        connecting = heal();
      },
      () => undefined,
    );
    for (const { resolve } of waiting) resolve(connection);
    waiting.clear();
  }

  async function heal(): Promise<void> {
    let longestPauseMs = FIRST_PAUSE_MS;
    let isRefused = false;
    while (!closing.signal.aborted) {
      await sleep(clock, random() * longestPauseMs, closing.signal);
      longestPauseMs = Math.min(longestPauseMs * 2, isRefused ? LAST_REFUSED_PAUSE_MS : LAST_PAUSE_MS);
      if (closing.signal.aborted) return;
      try {
        await connectAndUse();
        logger.info({ purpose }, 'connected to the broker again');
        return;
      } catch (error) {
        obstacle = toBrokerError(error);
        const wasRefused = isRefused;
        isRefused = isFinal(obstacle);
        if (isRefused && !wasRefused)
          logger.error(
            { purpose, reason: obstacle.message },
            'the broker refuses the connection: will try until somebody changes that',
          );
      }
    }
  }

  async function close(): Promise<void> {
    closing.abort();
    obstacle = unavailable('the connection is closed');
    for (const { reject } of waiting) reject(closedError());
    waiting.clear();
    const last = current;
    current = undefined;
    const tried = connecting ?? Promise.resolve();
    await Promise.all([
      last?.close(),
      withDeadline(clock, CLOSE_MS, tried, closedError).catch(() => undefined),
    ]);
  }

  return {
    async open() {
      connecting = connectAndUse();
      await connecting;
      logger.debug({ purpose, brokers: urls.map(placeOf) }, 'connected to the broker');
    },
    current: () => current,
    whenUp(signal) {
      if (closing.signal.aborted || signal?.aborted) return Promise.reject(closedError());
      if (current !== undefined) return Promise.resolve(current);
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          waiting.delete(waiter);
          reject(closedError());
        };
        const forgetSignal = () => signal?.removeEventListener('abort', giveUp);
        const waiter: Waiter = {
          resolve(connection) {
            forgetSignal();
            resolve(connection);
          },
          reject(error) {
            forgetSignal();
            reject(error);
          },
        };
        waiting.add(waiter);
        signal?.addEventListener('abort', giveUp, { once: true });
      });
    },
    status() {
      if (current === undefined) return { state: 'down', code: obstacle.code, reason: obstacle.message };
      const blocked = current.blocked();
      if (blocked === undefined) return { state: 'up' };
      return { state: 'blocked', code: 'BROKER_BLOCKED', reason: blocked };
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function closedError(): LeveretError {
  return unavailable('the connection to the broker is closed');
}

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
