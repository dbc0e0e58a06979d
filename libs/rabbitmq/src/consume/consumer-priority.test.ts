import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { consumeInto, openTestBroker, publishOne } from '../../fixtures/test-broker.ts';

describe.skipIf(!hasRabbitmq())('consumers of different priority', () => {
  test('the higher one is given everything as long as it has room, the lower one the rest', async () => {
    await using vhost = await openVhost();
    await using standby = await openTestBroker(vhost.amqpUrl, { consumerPriority: -5 });
    await using first = await openTestBroker(vhost.amqpUrl, { consumerPriority: 5 });
    const spare = await consumeInto(standby, 'work', 50);
    const preferred = await consumeInto(first, 'work', 10);

    for (let count = 0; count < 10; count += 1) await publishOne(standby, 'work');
    await preferred.take(10);
    const spareBefore = spare.size();
    for (let count = 0; count < 5; count += 1) await publishOne(standby, 'work');
    await spare.take(5);

    expect([spareBefore, preferred.size()]).toEqual([0, 0]);
  });
});
