import { type DeadLetter, newId } from '@leveret/core';
import { toDeadLetter } from '../codec/dead-letter-mapping.ts';
import type { ResilientSubscription } from '../consume/subscription.ts';
import { queuePart } from '../topology/entities.ts';
import { createTaking, type TakingOptions } from './taking.ts';

/** What taking dead letters works with. */
export interface DeadLetterTakingOptions extends TakingOptions {
  readonly queue: string;
  readonly onBatch: (letters: readonly DeadLetter[]) => Promise<void>;
}

/** Creates a subscription to the dead letters of a queue. */
export function createDeadLetterTaking({
  queue,
  onBatch,
  ...options
}: DeadLetterTakingOptions): ResilientSubscription {
  const { names, clock, random } = options;
  const context = { queue, names, now: clock.now, newId: () => newId(clock, random) };
  return createTaking(
    {
      queueName: names.deadQueue(queue),
      part: queuePart(names, queue),
      onBatch: (messages) => onBatch(messages.map(({ raw, isAgain }) => toDeadLetter(raw, context, isAgain))),
      failedWords: 'dead letters were not taken: will try again',
    },
    options,
  );
}
