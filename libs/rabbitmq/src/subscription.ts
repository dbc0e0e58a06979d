import {
  type Clock,
  type LeveretError,
  type Logger,
  messageOf,
  type Random,
  type Subscription,
  sleep,
} from '@leveret/core';
import { type AckBatch, createAckBatch } from './ack-batch.ts';
import { type AmqpChannel, type ConsumeMessage, type Message, toBrokerError } from './amqp.ts';
import type { Connection } from './connection.ts';

/** Longest first and longest last pause before consuming again, in milliseconds; drawn evenly from 0 (full jitter). */
const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 5_000;

/** How a queue is consumed. */
export interface SubscriptionOptions {
  readonly connection: Connection;
  /** The queue's name in the broker. */
  readonly queueName: string;
  /** Makes sure that the queue is there. */
  readonly ensure: () => Promise<void>;
  readonly prefetch: number;
  readonly onMessage: (message: ConsumeMessage, session: Session) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** One channel's worth of deliveries: they can be settled here and nowhere else. */
export interface Session {
  /** Whether an acknowledgement can still be sent. */
  isOpen(): boolean;
  /** Acknowledges at the end of this turn of the event loop. */
  ack(message: Message): void;
  /** Gives the message back to its queue, at once. */
  release(message: Message): void;
}

/** A consumer that consumes again, on a fresh channel, whatever ended it. */
export interface ResilientSubscription extends Subscription {
  /**
   * Resolves when the queue is being consumed.
   * @throws {LeveretError} `TOPOLOGY_MISMATCH`, `BROKER_REFUSED`: no repetition would help.
   */
  start(): Promise<void>;
  /** Sends off acknowledgements and closes every channel: what is unsettled returns to the queue. */
  close(): Promise<void>;
}

interface OpenSession extends Session {
  readonly channel: AmqpChannel;
  readonly consumerTag: string;
  /** Resolves when nothing is delivered any more: the channel is gone, or the broker has cancelled the consumer. */
  readonly ended: Promise<string>;
  /** Closes the channel as soon as all its deliveries are settled. */
  retire(): void;
  flush(): void;
}

/** Creates a subscription. */
export function createSubscription(options: SubscriptionOptions): ResilientSubscription {
  const { connection, queueName, clock, random, logger } = options;
  const stopping = new AbortController();
  const sessions = new Set<OpenSession>();
  let current: OpenSession | undefined;
  let running: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  async function run(onStarted: () => void, onRefused: (error: LeveretError) => void): Promise<void> {
    let longestPauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      try {
        current = await openSession(options, (session) => sessions.delete(session));
        sessions.add(current);
        onStarted();
        longestPauseMs = FIRST_PAUSE_MS;
        const reason = await current.ended;
        if (stopping.signal.aborted) return;
        current.retire();
        logger.warn({ queue: queueName, reason }, 'consuming was interrupted: consuming again');
      } catch (error) {
        const failure = toBrokerError(error);
        if (failure.code === 'TOPOLOGY_MISMATCH' || failure.code === 'BROKER_REFUSED') onRefused(failure);
        if (!stopping.signal.aborted)
          logger.warn({ queue: queueName, error: messageOf(error) }, 'cannot consume: will try again');
      }
      await sleep(clock, random() * longestPauseMs, stopping.signal);
      longestPauseMs = Math.min(longestPauseMs * 2, LAST_PAUSE_MS);
    }
  }

  async function stop(): Promise<void> {
    stopping.abort();
    if (current === undefined) return;
    const { channel, consumerTag } = current;
    try {
      if (channel.isOpen())
        await channel.answer(`cancelling the consumer of ${queueName}`, channel.raw.cancel(consumerTag));
    } catch (error) {
      logger.debug(
        { queue: queueName, error: messageOf(error) },
        'the channel was lost before its consumer was cancelled',
      );
    }
    current.retire();
  }

  return {
    start: () =>
      new Promise((resolve, reject) => {
        running = run(resolve, reject);
      }),
    stop() {
      stopped ??= stop();
      return stopped;
    },
    async close() {
      await stop();
      for (const session of sessions) session.flush();
      await Promise.all([...sessions].map(({ channel }) => channel.close()));
      if (connection.current() !== undefined) await running;
    },
  };
}

async function openSession(
  { connection, queueName, ensure, prefetch, onMessage, logger }: SubscriptionOptions,
  onClosed: (session: OpenSession) => void,
): Promise<OpenSession> {
  const amqp = await connection.whenUp();
  await ensure();
  const channel = await amqp.openChannel();
  let cancelled: (reason: string) => void = () => undefined;
  const cancellation = new Promise<string>((resolve) => {
    cancelled = resolve;
  });
  const { session, acks } = toSession(channel, () => retired && close());
  let retired = false;

  function close(): void {
    if (acks.unsettledCount() > 0) return;
    onClosed(opened);
    channel.close().catch(() => undefined);
  }

  /** amqplib closes the channel, or the connection, when this throws. */
  function receive(message: ConsumeMessage | null): void {
    if (message === null) return cancelled('the broker has cancelled the consumer');
    acks.delivered(message.fields.deliveryTag);
    try {
      onMessage(message, session);
    } catch (error) {
      logger.error(
        { queue: queueName, error: messageOf(error) },
        'a delivery could not be handed over: it is given back',
      );
      session.release(message);
    }
  }

  const [, { consumerTag }] = await channel.answer(
    `consuming ${queueName}`,
    Promise.all([channel.raw.prefetch(prefetch), channel.raw.consume(queueName, receive)]),
  );
  const opened: OpenSession = {
    ...session,
    channel,
    consumerTag,
    ended: Promise.race([channel.lost, cancellation]),
    retire() {
      retired = true;
      close();
    },
    flush: acks.flush,
  };
  channel.lost.then(
    () => onClosed(opened),
    () => undefined,
  );
  return opened;
}

function toSession(
  channel: AmqpChannel,
  onSettled: () => void,
): { readonly session: Session; readonly acks: AckBatch } {
  const acks = createAckBatch(
    {
      ack: (deliveryTag, upTo) => {
        if (channel.isOpen()) channel.raw.ack({ fields: { deliveryTag } } as Message, upTo);
      },
    },
    (run) => {
      setImmediate(() => {
        run();
        onSettled();
      });
    },
  );
  const session: Session = {
    isOpen: channel.isOpen,
    ack: ({ fields }) => acks.ack(fields.deliveryTag),
    release(message) {
      acks.forget(message.fields.deliveryTag);
      if (channel.isOpen()) channel.raw.nack(message, false, true);
      onSettled();
    },
  };
  return { session, acks };
}
