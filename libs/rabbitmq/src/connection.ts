import {
  type BrokerStatus,
  type Clock,
  LeveretError,
  type Logger,
  messageOf,
  type Random,
  sleep,
} from '@leveret/core';
import { type AmqpConnection, connectAmqp, placeOf, toBrokerError } from './amqp.ts';

/** Longest first and longest last pause between rounds of tries, in milliseconds; drawn evenly from 0 (full jitter). */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 15_000;

/** How a connection is kept. */
export interface ConnectionOptions {
  /** Brokers of one cluster; the first that answers is used. */
  readonly urls: readonly string[];
  /** What it is for: shown in the broker's own tools and in the log. */
  readonly purpose: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
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
  /** The connection, as soon as there is one. @throws {LeveretError} `BROKER_UNAVAILABLE` once it is closed for good. */
  whenUp(): Promise<AmqpConnection>;
  /** Calls `listener` after every later connect, in the order of registration. */
  onUp(listener: (connection: AmqpConnection) => void): void;
  status(): BrokerStatus;
  /** Ends it for good, within a few seconds. Safe to call twice. */
  close(): Promise<void>;
}

/** Creates a connection that heals itself. It logs when its state changes, not for every try. */
export function createConnection({ urls, purpose, clock, random, logger }: ConnectionOptions): Connection {
  const closing = new AbortController();
  const listeners: ((connection: AmqpConnection) => void)[] = [];
  const waiting = new Set<{
    readonly resolve: (connection: AmqpConnection) => void;
    readonly reject: (error: Error) => void;
  }>();
  let current: AmqpConnection | undefined;
  let reason = 'not connected yet';
  let healing: Promise<void> | undefined;

  /** One try at each broker, in random order, so that many processes spread over the cluster. */
  async function tryAll(): Promise<AmqpConnection> {
    let failure = new LeveretError('BROKER_UNAVAILABLE', 'there is no broker URL');
    for (const url of shuffled(urls, random)) {
      try {
        return await connectAmqp(url, { name: `leveret ${purpose}`, clock });
      } catch (error) {
        failure = toBrokerError(error);
        // A refusal is the same on every node of a cluster, and says more than a node that is down.
        if (failure.code === 'BROKER_REFUSED') break;
      }
    }
    throw failure;
  }

  function use(connection: AmqpConnection): void {
    current = connection;
    connection.lost.then(
      (why) => {
        if (current !== connection) return;
        current = undefined;
        reason = why;
        if (closing.signal.aborted) return;
        logger.warn({ purpose, reason: why }, 'lost the connection to the broker');
        healing = heal();
      },
      () => undefined,
    );
    for (const { resolve } of waiting) resolve(connection);
    waiting.clear();
  }

  async function heal(): Promise<void> {
    for (
      let longestPauseMs = FIRST_PAUSE_MS;
      ;
      longestPauseMs = Math.min(longestPauseMs * 2, LAST_PAUSE_MS)
    ) {
      await sleep(clock, random() * longestPauseMs, closing.signal);
      if (closing.signal.aborted) return;
      try {
        const connection = await tryAll();
        if (closing.signal.aborted) return await connection.close();
        use(connection);
        logger.info({ purpose }, 'connected to the broker again');
        for (const listener of listeners) listener(connection);
        return;
      } catch (error) {
        reason = messageOf(error);
      }
    }
  }

  return {
    async open() {
      use(await tryAll());
      logger.debug({ purpose, brokers: urls.map(placeOf) }, 'connected to the broker');
    },
    current: () => current,
    whenUp() {
      if (current !== undefined) return Promise.resolve(current);
      if (closing.signal.aborted) return Promise.reject(closedError());
      return new Promise((resolve, reject) => waiting.add({ resolve, reject }));
    },
    onUp(listener) {
      listeners.push(listener);
    },
    status() {
      if (current === undefined) return { state: 'down', reason };
      const blocked = current.blocked();
      return blocked === undefined ? { state: 'up' } : { state: 'blocked', reason: blocked };
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      reason = 'the connection is closed';
      for (const { reject } of waiting) reject(closedError());
      waiting.clear();
      await healing;
      const last = current;
      current = undefined;
      await last?.close();
    },
  };
}

function closedError(): LeveretError {
  return new LeveretError('BROKER_UNAVAILABLE', 'the connection to the broker is closed');
}

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
