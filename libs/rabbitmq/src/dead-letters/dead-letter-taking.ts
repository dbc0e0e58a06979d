import {
  type Clock,
  type DeadLetter,
  type DeadLetterOptions,
  LeveretError,
  type Logger,
  newId,
  type Random,
  sleep,
} from '@leveret/core';
import { toDeadLetter } from '../codec/dead-letter-mapping.ts';
import type { AmqpConnection } from '../connection/amqp.ts';
import type { Connection } from '../connection/connection.ts';
import { createBatchSubscription } from '../consume/batch-subscription.ts';
import type { ResilientSubscription } from '../consume/subscription.ts';
import { claimLedger } from '../events/ledger-claim.ts';
import { type Entity, type Part, queuePart } from '../topology/entities.ts';
import type { Names } from '../topology/names.ts';
import { findMissing } from '../topology/passive-check.ts';

/** Dead letters fetched ahead: each may have a body of a megabyte, or more. */
const PREFETCH = 20;
/** How often a queue that does not exist is looked for, in milliseconds. */
const LOOK_EVERY_MS = 60_000;

/** What taking works with. */
export interface DeadLetterTakingOptions extends DeadLetterOptions {
  readonly queue: string;
  readonly onBatch: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly connection: Connection;
  readonly names: Names;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Creates a subscription to the dead letters of a queue. */
export function createDeadLetterTaking({
  queue,
  onBatch,
  ledgerId,
  ...shared
}: DeadLetterTakingOptions): ResilientSubscription {
  const { names, clock, random } = shared;
  const queueName = names.deadQueue(queue);
  const context = { queue, names, now: clock.now, newId: () => newId(clock, random) };
  const part = partOf(names, queue);

  /** Never declares it: it may have been deleted on purpose. */
  async function untilThere(amqp: AmqpConnection, signal: AbortSignal): Promise<void> {
    while ((await findMissing(amqp, [part])).length > 0) {
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
    onBatch: (messages) => onBatch(messages.map(({ raw, isAgain }) => toDeadLetter(raw, context, isAgain))),
    failedWords: 'dead letters were not taken: will try again',
  });
}

/** Of what belongs to a queue, that which its dead letters lie in. */
function partOf(names: Names, queue: string): Part {
  const { title, entities } = queuePart(names, queue);
  const isDeadQueue = (entity: Entity) => entity.kind === 'queue' && entity.name === names.deadQueue(queue);
  return { title, entities: entities.filter(isDeadQueue) };
}
