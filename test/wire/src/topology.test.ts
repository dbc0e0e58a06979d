import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { hasRabbitmq, openVhost, type TestVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { createForeignClient } from './foreign.ts';
import { readDefinitions, readTopology } from './topology.ts';

const CLOSE_MS = 1_000;
/** A delay that needs the highest level of the wheel, in milliseconds. */
const THREE_YEARS_MS = 94_608_000_000;

/** What Leveret declares for one queue. */
async function declareByLeveret({ amqpUrl }: TestVhost, delayMs: number): Promise<void> {
  const broker = await createRabbitmqBroker({ urls: [amqpUrl] });
  const id = '0198c0de-0000-7000-8000-000000000001';
  const place = { kind: 'mail.send', queue: 'mail', priority: 'normal' } as const;
  const job = { version: 1, id, ...place, attempt: 1, createdAt: 0, heldMs: 0, crashes: 0, snoozes: 0 };
  await broker.publish([{ message: { ...job, body: Buffer.from('1'), headers: {} }, delayMs }]);
  await broker.close(CLOSE_MS);
}

describe.skipIf(!hasRabbitmq())('the topology', () => {
  test.each([
    ['at first', 8, 0],
    ['when a delay needs all levels', 15, THREE_YEARS_MS],
  ])(
    '%s is exactly what the page says, whoever declares it, and either can work with the other’s',
    async (_, levels, delayMs) => {
      await using ofLeveret = await openVhost();
      await using ofForeign = await openVhost();

      await declareByLeveret(ofLeveret, delayMs);
      await createForeignClient(ofForeign.amqpUrl).declare(['mail'], levels);
      const declared = await readDefinitions(ofLeveret);

      expect(declared).toEqual(readTopology('mail', levels));
      expect(await readDefinitions(ofForeign)).toEqual(declared);
      await declareByLeveret(ofForeign, delayMs);
      await createForeignClient(ofLeveret.amqpUrl).declare(['mail'], levels);
    },
  );
});
