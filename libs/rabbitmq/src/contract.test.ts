import { describeBrokerContract, startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { test } from 'vitest';
import { readDeadLetters } from '../fixtures/read-dead-letters.ts';

if (hasRabbitmq()) {
  describeBrokerContract(
    'rabbitmq',
    async () => {
      const vhost = await openVhost();
      const proxy = await startTcpProxy(vhost.amqpUrl);
      return {
        module: new URL('../fixtures/open-broker.ts', import.meta.url).href,
        options: proxy.url,
        deadLetters: (queue) => readDeadLetters(vhost.amqpUrl, queue),
        link: proxy,
        async dispose() {
          await proxy[Symbol.asyncDispose]();
          await vhost[Symbol.asyncDispose]();
        },
      };
    },
    { hasConnections: true },
  );
} else test.skip('rabbitmq keeps the promises of a broker', () => undefined);
