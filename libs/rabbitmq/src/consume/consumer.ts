import {
  type Clock,
  type ConsumeOptions,
  type Delivery,
  type DeliveryOrigin,
  type JobMessage,
  type JobPriority,
  type Logger,
  messageOf,
  newId,
  type OutgoingMessage,
  type Random,
  runKey,
  type SettleOptions,
  sleep,
} from '@leveret/core';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import { originOf, returnCountOf, toReceived } from '../codec/message-mapping.ts';
import type { Connection } from '../connection/connection.ts';
import type { JobPublisher } from '../publish/job-publisher.ts';
import type { Names } from '../topology/names.ts';
import type { Topology } from '../topology/topology.ts';
import { createLaneSubscriptions } from './lane-subscriptions.ts';
import type { Session } from './session.ts';
import type { Hold, Settlement, Settlements } from './settlements.ts';
import type { ResilientSubscription } from './subscription.ts';

/** Pause before an early job is sent on once more, in milliseconds. */
const EARLY_RETRY_MS = 1_000;

const SETTLED = Promise.resolve();

/** What a consumer of jobs works with. */
export interface ConsumerOptions extends ConsumeOptions {
  readonly queue: string;
  /** Consumers of a higher one are given messages first, as long as they have room. */
  readonly priority: number;
  readonly connection: Connection;
  readonly topology: Topology;
  readonly names: Names;
  readonly jobs: JobPublisher;
  /** Shared by all consumers of the process: a job may come back to another one. */
  readonly settlements: Settlements;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Creates a consumer of one queue of jobs. */
export function createConsumer(options: ConsumerOptions): ResilientSubscription {
  const { queue, prefetch, onDelivery, connection, topology, jobs, settlements, clock, random, logger } =
    options;
  const makeId = () => newId(clock, random);

  function receive(raw: RawDelivery, session: Session, priority: JobPriority): void {
    const { message, defect, isResent, delayLeftMs } = toReceived(raw, {
      queue,
      priority,
      now: clock.now,
      newId: makeId,
    });
    if (delayLeftMs > 0) {
      sendOn(raw, session, { message, delayMs: delayLeftMs, isResent }).catch(() => undefined);
      return;
    }
    const { deliveryTag } = raw.fields;
    const origin = originOf(raw);
    const returnCount = origin === 'returned' ? returnCountOf(raw) : 0;
    const delivery = new JobDelivery(
      { message, defect, origin, returnCount, deliveryTag, session },
      settlements,
    );
    if (origin === 'first') settlements.forget(delivery);
    else if (isSettledElsewhere(delivery)) return;
    onDelivery(delivery);
  }

  /** Whether the delivery needs nothing but the end of a settlement that is done or under way already. */
  function isSettledElsewhere(hold: Hold): boolean {
    if (settlements.isDone(hold)) {
      hold.ack();
      return true;
    }
    const settlement = settlements.find(hold);
    settlement?.adopt(hold);
    return settlement !== undefined;
  }

  /** Its delay is longer than one pass through the wheel. It stays in hand until it is on its way. */
  async function sendOn(raw: RawDelivery, session: Session, early: OutgoingMessage): Promise<void> {
    const passage = jobs.send(early);
    while (session.isOpen()) {
      try {
        await passage.confirmed();
        return session.ack(raw.fields.deliveryTag);
      } catch (error) {
        logger.warn(
          { queue, jobId: early.message.id, error: messageOf(error) },
          'cannot send an early job on: will try again',
        );
      }
      await sleep(clock, EARLY_RETRY_MS);
    }
  }

  return createLaneSubscriptions({
    connection,
    queue,
    names: options.names,
    ensure: (amqp) => topology.declareQueue(amqp, queue),
    forget: () => topology.forget(queue),
    prefetch,
    priority: options.priority,
    onMessage: receive,
    onLost: (settled) => settlements.noteLost(queue, settled),
    clock,
    random,
    logger,
  });
}

interface Received {
  readonly message: JobMessage;
  readonly defect: string | undefined;
  readonly origin: DeliveryOrigin;
  readonly returnCount: number;
  readonly deliveryTag: number;
  readonly session: Session;
}

/**
 * A class, because one is made for every job; it lets go of what came with the message. Its functions are its own, so that it can be
 * taken apart and copied.
 */
class JobDelivery implements Delivery, Hold {
  readonly message: JobMessage;
  declare readonly defect?: string;
  readonly origin: DeliveryOrigin;
  readonly returnCount: number;
  readonly key: string;
  readonly #deliveryTag: number;
  readonly #session: Session;
  readonly #settlements: Settlements;
  #isOver = false;
  #settlement: Settlement | undefined;

  constructor(received: Received, settlements: Settlements) {
    const { message, defect, origin, returnCount, deliveryTag, session } = received;
    this.message = message;
    this.origin = origin;
    this.returnCount = returnCount;
    this.key = runKey(message);
    this.#deliveryTag = deliveryTag;
    this.#session = session;
    this.#settlements = settlements;
    if (defect !== undefined) this.defect = defect;
  }

  readonly settle = (asked: SettleOptions): Promise<void> => {
    if (this.#isOver) return SETTLED;
    this.#settlement ??= this.#begin(asked);
    return this.#settlement?.proceed() ?? SETTLED;
  };

  readonly release = (): void => {
    if (this.#isOver) return;
    if (this.#settlement !== undefined) return this.#settlement.release();
    this.#isOver = true;
    this.giveBack();
  };

  readonly isLost = (): boolean => !this.#session.isOpen();

  get queue(): string {
    return this.message.queue;
  }

  noteDone(): void {
    this.#session.settled.add(this.key);
  }

  ack(): void {
    this.#session.ack(this.#deliveryTag);
  }

  giveBack(): void {
    this.#session.release(this.#deliveryTag);
  }

  /** Undefined when there is nothing to wait for: by far the most frequent case in direct mode. */
  #begin(asked: SettleOptions): Settlement | undefined {
    const isFirst = this.origin === 'first';
    const other = !isFirst ? this.#settlements.find(this) : undefined;
    if (other !== undefined) {
      other.adopt(this);
      return other;
    }
    const isSettled = !isFirst && this.#settlements.isDone(this);
    if (!isSettled && (asked.successor !== undefined || asked.events.length > 0))
      return this.#settlements.begin(this, asked);
    this.#isOver = true;
    this.noteDone();
    this.ack();
    return undefined;
  }
}
