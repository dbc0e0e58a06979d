import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { hasRabbitmq, openVhost, type TestVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { createForeignClient } from './foreign.ts';
import { readDefinitions, readTopology } from './topology.ts';

const CLOSE_MS = 1_000;

/** What Leveret declares for one queue. */
async function declareByLeveret({ amqpUrl }: TestVhost): Promise<void> {
  const broker = await createRabbitmqBroker({ urls: [amqpUrl] });
  await broker.declare(['mail']);
  await broker.close(CLOSE_MS);
}

describe.skipIf(!hasRabbitmq())('the topology', () => {
  test('is exactly what the page says, whoever declares it, and either can work with the other’s', async () => {
    await using ofLeveret = await openVhost();
    await using ofForeign = await openVhost();

    await declareByLeveret(ofLeveret);
    await createForeignClient(ofForeign.amqpUrl).declare(['mail']);
    const declared = await readDefinitions(ofLeveret);

    expect(declared).toEqual(readTopology('mail'));
    expect(await readDefinitions(ofForeign)).toEqual(declared);
    await declareByLeveret(ofForeign);
    await createForeignClient(ofLeveret.amqpUrl).declare(['mail']);
  });
});
