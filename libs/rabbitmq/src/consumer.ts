import type {
  Clock,
  ConsumeOptions,
  Delivery,
  JobMessage,
  Logger,
  Random,
  SettleOptions,
  Subscription,
} from '@leveret/core';
import { messageOf, newId } from '@leveret/core';
import type { ConsumeMessage } from './amqp.ts';
import type { Connection } from './connection.ts';
import type { EventPublisher } from './event-publisher.ts';
import type { JobPublisher } from './job-publisher.ts';
import { toReceived } from './message-mapping.ts';
import { workQueue } from './names.ts';
import type { SettledMemory } from './settled-memory.ts';
import { createSubscription, type Session } from './subscription.ts';
import type { Topology } from './topology.ts';

/** What a consumer of jobs works with. */
export interface ConsumerOptions extends ConsumeOptions {
  readonly queue: string;
  readonly connection: Connection;
  readonly topology: Topology;
  readonly jobs: JobPublisher;
  readonly events: EventPublisher;
  /** Shared by all consumers of the process: a job may come back to another one. */
  readonly memory: SettledMemory;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** A consumer of one queue of jobs. */
export interface Consumer extends Subscription {
  start(): Promise<void>;
  /** Settles when no settlement is under way. Never rejects. */
  settled(): Promise<void>;
  /** What is unsettled returns to the queue. */
  close(): Promise<void>;
}

/** Creates a consumer of jobs. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { queue, prefetch, onDelivery, connection, topology, jobs, events, memory, clock, random, logger } =
    options;
  const settling = new Set<Promise<void>>();
  const defaults = { queue, newId: () => newId(clock, random) };
  const subscription = createSubscription({
    connection,
    queueName: workQueue(queue),
    ensure: () => topology.ensureQueue(queue),
    prefetch,
    onMessage: receive,
    clock,
    random,
    logger,
  });

  function receive(raw: ConsumeMessage, session: Session): void {
    const { message, defect, delayLeftMs } = toReceived(raw, { ...defaults, now: clock.now() });
    const { redelivered } = raw.fields;
    if (delayLeftMs > 0) return sendOnAgain(raw, session, { message, delayMs: delayLeftMs });
    if (redelivered && memory.take(message)) return session.ack(raw);
    onDelivery({
      message,
      redelivered,
      ...(defect === undefined ? {} : { defect }),
      ...settlementOf(raw, session, message),
    });
  }

  /** Its delay is longer than one pass through the wheel. */
  function sendOnAgain(
    raw: ConsumeMessage,
    session: Session,
    early: { readonly message: JobMessage; readonly delayMs: number },
  ): void {
    jobs.send(early).then(
      () => session.ack(raw),
      (error: unknown) => {
        logger.warn(
          { queue, jobId: early.message.id, error: messageOf(error) },
          'cannot send an early job on: it is given back',
        );
        session.release(raw);
      },
    );
  }

  function settlementOf(
    raw: ConsumeMessage,
    session: Session,
    message: JobMessage,
  ): Pick<Delivery, 'settle' | 'release'> {
    let isOver = false;
    let successorIsSent = false;
    let underWay: Promise<void> | undefined;

    async function carryOut({ successor, events: told }: SettleOptions): Promise<void> {
      if (successor !== undefined && !successorIsSent) {
        if (successor.kind === 'requeue') await jobs.send(successor);
        else await jobs.bury(successor.message, successor.failure);
        successorIsSent = true;
      }
      if (told.length > 0) await events.emit(told);
      isOver = true;
      if (session.isOpen()) session.ack(raw);
      else memory.add(message);
    }

    function begin(settlement: SettleOptions): Promise<void> {
      const work = carryOut(settlement).finally(() => {
        settling.delete(work);
        underWay = undefined;
      });
      settling.add(work);
      return work;
    }

    return {
      settle(settlement) {
        if (isOver) return Promise.resolve();
        // Nothing to wait for: by far the most frequent case in direct mode.
        if (settlement.successor === undefined && settlement.events.length === 0 && underWay === undefined)
          return carryOut(settlement);
        underWay ??= begin(settlement);
        return underWay;
      },
      release() {
        if (isOver || underWay !== undefined) return;
        isOver = true;
        session.release(raw);
      },
    };
  }

  return {
    start: subscription.start,
    stop: subscription.stop,
    async settled() {
      await Promise.allSettled(settling);
    },
    close: subscription.close,
  };
}
