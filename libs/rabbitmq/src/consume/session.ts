import { type Cancel, type Clock, type Logger, messageOf, withDeadline } from '@leveret/core';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import type { AmqpConnection } from '../connection/amqp.ts';
import { createAckBatch } from './ack-batch.ts';
import { createSettledMemory, type SettledMemory } from './settled-memory.ts';
import { type QueueView, startWatchdog } from './watchdog.ts';

/** How long acknowledgements get to leave a channel before it is closed, in milliseconds. */
const LEAVE_MS = 2_000;
/** Requests that are answered on a channel before it is closed. */
const LEAVE_REQUESTS = 3;

/** One channel's worth of deliveries: they can be settled here and nowhere else. */
export interface Session {
  /** Whether an acknowledgement can still be sent. */
  isOpen(): boolean;
  /** What was settled of its deliveries. Their acknowledgements may be lost with the channel. */
  readonly settled: SettledMemory;
  /** Acknowledges a delivery at the end of this turn of the event loop. */
  ack(deliveryTag: number): void;
  /** Gives a delivery back to its queue, at once. */
  release(deliveryTag: number): void;
  /** What the broker says of the queue. Rejects when it does not answer. */
  look(): Promise<QueueView>;
  /** Resolves when the channel is gone. */
  readonly closed: Promise<unknown>;
}

/** A session, as whoever opened it sees it. */
export interface OpenSession extends Session {
  /** Resolves with the reason when nothing is delivered any more: the channel is gone, or the consumer is, whether the broker has said so or not. */
  readonly ended: Promise<string>;
  /** Deliveries in hand. */
  unsettledCount(): number;
  /** Has the broker deliver nothing more. Never rejects. */
  cancel(): Promise<void>;
  /** Closes the channel as soon as all its deliveries are settled. */
  retire(): void;
  /** Sends off acknowledgements and closes the channel: what is unsettled returns to the queue. Never rejects. */
  close(): Promise<void>;
}

/** What a session works with. */
export interface SessionOptions {
  readonly connection: AmqpConnection;
  /** The queue's name in the broker. */
  readonly queueName: string;
  readonly prefetch: number;
  /** Consumers of a higher one are given messages first, as long as they have room. */
  readonly priority?: number;
  /** Whether the broker may keep this consumer waiting while another one is active. */
  readonly mayStandBy: boolean;
  /** Whether all properties of its messages are read, not only those that make a job. */
  readonly readsAll?: boolean;
  readonly onMessage: (message: RawDelivery, session: Session) => void;
  /** The broker has cancelled the consumer: its queue is gone. */
  readonly onCancelled: () => void;
  /** A delivery was settled or released when its channel was gone: the broker has taken it back. */
  readonly onStale: () => void;
  /** The channel was lost: it was not closed from here after its acknowledgements had left. */
  readonly onLost?: (settled: SettledMemory) => void;
  /** Whether deliveries are still wanted, as long as {@link openSession} has not resolved. */
  readonly isWanted: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Consumes a queue on a channel of its own. @throws whatever opening the channel or consuming throws. */
export async function openSession(options: SessionOptions): Promise<OpenSession> {
  const {
    connection,
    queueName,
    prefetch,
    priority,
    mayStandBy,
    onMessage,
    onCancelled,
    isWanted,
    clock,
    logger,
  } = options;
  const channel = await connection.openChannel();
  const acks = createAckBatch(channel, (run) => {
    setImmediate(() => {
      run();
      closeIfDone();
    });
  });
  let deliveredCount = 0;
  let isOpening = true;
  let isRefusing = false;
  let isRetired = false;
  let cancelling: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  let haveAcksLeft = false;
  const settled = createSettledMemory(clock);
  let endBy: (reason: string) => void = () => undefined;
  const cancellation = new Promise<string>((resolve) => {
    endBy = resolve;
  });
  const session: Session = {
    isOpen: channel.isOpen,
    settled,
    ack(deliveryTag) {
      if (!channel.isOpen()) options.onStale();
      acks.ack(deliveryTag);
    },
    release(deliveryTag) {
      if (!channel.isOpen()) options.onStale();
      acks.forget(deliveryTag);
      channel.giveBack(deliveryTag);
      closeIfDone();
    },
    look: () => channel.answer(`asking about ${queueName}`, channel.raw.checkQueue(queueName)),
    closed: channel.lost,
  };

  function closeIfDone(): void {
    if (isRetired && acks.unsettledCount() === 0) close().catch(() => undefined);
  }

  function close(): Promise<void> {
    acks.flush();
    closing ??= withDeadline(clock, LEAVE_MS, letAcksLeave(), () => new Error('no answer'))
      .then(
        () => {
          haveAcksLeft = channel.isOpen();
        },
        () => undefined,
      )
      .then(() => channel.close());
    return closing;
  }

  /**
   * A quorum queue takes 32 commands of a channel at a time; the channel keeps further acknowledgements, and loses them when it
   * is closed. Cancelling a consumer passes through the queue behind them; each answer after that is one more chance to go.
   */
  async function letAcksLeave(): Promise<void> {
    await cancel();
    for (let request = 0; request < LEAVE_REQUESTS && channel.isOpen(); request += 1)
      await channel.answer('closing a consumer', channel.raw.prefetch(prefetch));
  }

  function cancel(): Promise<void> {
    stopWatchdog();
    acks.flush();
    cancelling ??= cancelConsumer();
    return cancelling;
  }

  async function cancelConsumer(): Promise<void> {
    try {
      if (channel.isOpen())
        await channel.answer(`cancelling the consumer of ${queueName}`, channel.cancel(consumerTag));
    } catch (error) {
      logger.debug(
        { queue: queueName, error: messageOf(error) },
        'the channel was lost before its consumer was cancelled',
      );
    }
  }

  /** Once something was passed over, so is everything behind it: acknowledging that would acknowledge this too. */
  function refuseIfLate(): void {
    if (isOpening && !isWanted()) isRefusing = true;
  }

  function receive(message: RawDelivery | null): void {
    if (message === null) {
      stopWatchdog();
      onCancelled();
      return endBy('the broker has cancelled the consumer');
    }
    refuseIfLate();
    // What comes on a channel that is given up, or too late, returns to the queue with the channel.
    if (!channel.isOpen() || isRefusing) return;
    deliveredCount += 1;
    acks.delivered(message.fields.deliveryTag);
    try {
      onMessage(message, session);
    } catch (error) {
      logger.error(
        { queue: queueName, error: messageOf(error) },
        'a delivery could not be handed over: it is given back',
      );
      session.release(message.fields.deliveryTag);
    }
  }

  async function consume(): Promise<string> {
    try {
      const answers = Promise.all([
        channel.raw.prefetch(prefetch),
        channel.consume(queueName, receive, { priority, readsAll: options.readsAll }),
      ]);
      const [, consumerTag] = await channel.answer(`consuming ${queueName}`, answers);
      return consumerTag;
    } catch (error) {
      await channel.close();
      throw error;
    }
  }

  let stopWatchdog: Cancel = () => undefined;
  const consumerTag = await consume();
  stopWatchdog = startWatchdog({
    clock,
    ask: session.look,
    deliveredCount: () => deliveredCount,
    isIdle: () => acks.unsettledCount() === 0,
    mayStandBy,
    onDead(reason) {
      endBy(reason);
      // Should the broker know it after all, it delivers nothing more on this channel.
      cancel().catch(() => undefined);
    },
  });
  const noteGone = () => {
    stopWatchdog();
    if (!haveAcksLeft) options.onLost?.(settled);
  };
  channel.lost.then(noteGone, noteGone);
  refuseIfLate();
  isOpening = false;
  return {
    ...session,
    ended: Promise.race([channel.lost, cancellation]),
    unsettledCount: acks.unsettledCount,
    cancel,
    retire() {
      isRetired = true;
      closeIfDone();
    },
    close,
  };
}
