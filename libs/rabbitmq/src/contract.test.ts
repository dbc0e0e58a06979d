import { describeBrokerContract } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { test } from 'vitest';
import { readDeadLetters } from '../fixtures/read-dead-letters.ts';

if (hasRabbitmq()) {
  describeBrokerContract('rabbitmq', async () => {
    const vhost = await openVhost();
    return {
      module: new URL('../fixtures/open-broker.ts', import.meta.url).href,
      options: vhost.amqpUrl,
      deadLetters: (queue) => readDeadLetters(vhost.amqpUrl, queue),
      dispose: () => vhost[Symbol.asyncDispose](),
    };
  });
} else test.skip('rabbitmq keeps the promises of a broker', () => undefined);
