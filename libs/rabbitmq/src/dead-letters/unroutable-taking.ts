import { newId, type UnroutableMessage } from '@leveret/core';
import { toUnroutable } from '../codec/unroutable-mapping.ts';
import type { ResilientSubscription } from '../consume/subscription.ts';
import { baseParts } from '../topology/entities.ts';
import { createTaking, type TakingOptions } from './taking.ts';

/** What taking unroutable messages works with. */
export interface UnroutableTakingOptions extends TakingOptions {
  readonly onBatch: (messages: readonly UnroutableMessage[]) => Promise<void>;
}

/** Creates a subscription to the messages that the broker moved and could not route. */
export function createUnroutableTaking({
  onBatch,
  ...options
}: UnroutableTakingOptions): ResilientSubscription {
  const { names, clock, random } = options;
  const context = { names, now: clock.now, newId: () => newId(clock, random) };
  const parts = baseParts(names);
  return createTaking(
    {
      queueName: names.unroutable,
      part: { title: 'the unroutable messages', entities: parts.flatMap(({ entities }) => entities) },
      onBatch: (messages) =>
        onBatch(messages.map(({ raw, isAgain }) => toUnroutable(raw, { ...context, isAgain }))),
      failedWords: 'unroutable messages were not taken: will try again',
    },
    options,
  );
}
