import {
  type Clock,
  type ConsumeOptions,
  type Delivery,
  type Logger,
  messageOf,
  newId,
  type OutgoingMessage,
  type Random,
  type SettleOptions,
  sleep,
} from '@leveret/core';
import type { ConsumeMessage } from './amqp.ts';
import type { Connection } from './connection.ts';
import type { JobPublisher } from './job-publisher.ts';
import { toReceived } from './message-mapping.ts';
import { workQueue } from './names.ts';
import type { Session } from './session.ts';
import { type Hold, type Settlement, type Settlements, settlementKey } from './settlements.ts';
import { createSubscription, type ResilientSubscription } from './subscription.ts';
import type { Topology } from './topology.ts';

/** Pause before an early job is sent on once more, in milliseconds. */
const EARLY_RETRY_MS = 1_000;

const SETTLED = Promise.resolve();

/** What a consumer of jobs works with. */
export interface ConsumerOptions extends ConsumeOptions {
  readonly queue: string;
  readonly connection: Connection;
  readonly topology: Topology;
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
  const defaults = { queue, newId: () => newId(clock, random) };

  function receive(raw: ConsumeMessage, session: Session): void {
    const { message, defect, delayLeftMs } = toReceived(raw, { ...defaults, now: clock.now() });
    if (delayLeftMs > 0) {
      sendOn(raw, session, { message, delayMs: delayLeftMs }).catch(() => undefined);
      return;
    }
    const { redelivered } = raw.fields;
    const key = settlementKey(message);
    if (!redelivered) settlements.forget(key);
    else if (isSettledElsewhere(key, raw, session)) return;
    onDelivery({
      message,
      redelivered,
      ...(defect === undefined ? {} : { defect }),
      ...settlementOf({ key, raw, session, redelivered }),
    });
  }

  /** Whether the delivery needs nothing but the end of a settlement that is done or under way already. */
  function isSettledElsewhere(key: string, raw: ConsumeMessage, session: Session): boolean {
    if (settlements.isDone(key)) {
      session.ack(raw);
      return true;
    }
    const settlement = settlements.find(key);
    settlement?.adopt(toHold(key, raw, session));
    return settlement !== undefined;
  }

  /** Its delay is longer than one pass through the wheel. It stays in hand until it is on its way. */
  async function sendOn(raw: ConsumeMessage, session: Session, early: OutgoingMessage): Promise<void> {
    const passage = jobs.send(early);
    while (session.isOpen()) {
      try {
        await passage.confirmed();
        return session.ack(raw);
      } catch (error) {
        logger.warn(
          { queue, jobId: early.message.id, error: messageOf(error) },
          'cannot send an early job on: will try again',
        );
      }
      await sleep(clock, EARLY_RETRY_MS);
    }
  }

  function settlementOf({ key, raw, session, redelivered }: Received): Pick<Delivery, 'settle' | 'release'> {
    let isOver = false;
    let settlement: Settlement | undefined;

    /** Undefined when there is nothing to wait for: by far the most frequent case in direct mode. */
    function begin(asked: SettleOptions): Settlement | undefined {
      const other = redelivered ? settlements.find(key) : undefined;
      if (other !== undefined) {
        other.adopt(toHold(key, raw, session));
        return other;
      }
      const isSettled = redelivered && settlements.isDone(key);
      if (!isSettled && (asked.successor !== undefined || asked.events.length > 0))
        return settlements.begin(toHold(key, raw, session), asked);
      isOver = true;
      settlements.noteDone(key);
      session.ack(raw);
      return undefined;
    }

    return {
      settle(asked) {
        if (isOver) return SETTLED;
        settlement ??= begin(asked);
        return settlement?.proceed() ?? SETTLED;
      },
      release() {
        if (isOver) return;
        if (settlement !== undefined) return settlement.release();
        isOver = true;
        session.release(raw);
      },
    };
  }

  return createSubscription({
    connection,
    queueName: workQueue(queue),
    ensure: (amqp) => topology.ensureQueue(amqp, queue),
    forget: () => topology.forget(queue),
    prefetch,
    mayStandBy: false,
    onMessage: receive,
    clock,
    random,
    logger,
  });
}

interface Received {
  readonly key: string;
  readonly raw: ConsumeMessage;
  readonly session: Session;
  readonly redelivered: boolean;
}

function toHold(key: string, raw: ConsumeMessage, session: Session): Hold {
  return { key, ack: () => session.ack(raw), giveBack: () => session.release(raw) };
}
