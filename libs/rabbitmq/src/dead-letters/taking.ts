import {
  type Clock,
  type DeadLetterOptions,
  LeveretError,
  type Logger,
  type Random,
  sleep,
} from '@leveret/core';
import type { AmqpConnection } from '../connection/amqp.ts';
import type { Connection } from '../connection/connection.ts';
import { type BatchMessage, createBatchSubscription } from '../consume/batch-subscription.ts';
import type { ResilientSubscription } from '../consume/subscription.ts';
import { claimLedger } from '../events/ledger-claim.ts';
import type { Entity, Part } from '../topology/entities.ts';
import type { Names } from '../topology/names.ts';
import { findMissing } from '../topology/passive-check.ts';

/** Messages fetched ahead: each may have a body of a megabyte, or more. */
const PREFETCH = 20;
/** How often a queue that does not exist is looked for, in milliseconds. */
const LOOK_EVERY_MS = 60_000;

/** What taking works with. */
export interface TakingOptions extends DeadLetterOptions {
  readonly connection: Connection;
  readonly names: Names;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What is taken. */
export interface Taken {
  /** The queue's name in the broker. */
  readonly queueName: string;
  /** A part of the topology that has this queue. */
  readonly part: Part;
  readonly onBatch: (messages: readonly BatchMessage[]) => Promise<void>;
  /** What the log says when a batch is not taken. */
  readonly failedWords: string;
}

/** Creates a subscription that takes messages out of the broker and into a ledger. */
export function createTaking(
  { queueName, part, onBatch, failedWords }: Taken,
  { ledgerId, ...shared }: TakingOptions,
): ResilientSubscription {
  const { names, clock } = shared;
  const { title, entities } = part;
  const isTaken = (entity: Entity) => entity.kind === 'queue' && entity.name === queueName;
  const queueAlone: Part = { title, entities: entities.filter(isTaken) };

  /** Never declares it: it may have been deleted on purpose. */
  async function untilThere(amqp: AmqpConnection, signal: AbortSignal): Promise<void> {
    while ((await findMissing(amqp, [queueAlone])).length > 0) {
      await sleep(clock, LOOK_EVERY_MS, signal);
      if (signal.aborted) throw new LeveretError('BROKER_UNAVAILABLE', `there is no queue ${queueName}`);
    }
  }

  return createBatchSubscription({
    ...shared,
    queueName,
    async ensure(amqp, signal) {
      if (ledgerId !== undefined) await claimLedger(amqp, names, ledgerId);
      await untilThere(amqp, signal);
      return queueName;
    },
    forget: () => undefined,
    prefetch: PREFETCH,
    mayStandBy: false,
    outlastsRefusals: true,
    readsAll: true,
    onBatch,
    failedWords,
  });
}
