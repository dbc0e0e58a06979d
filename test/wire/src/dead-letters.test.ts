import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineAny, type Installation, openInstallation } from './installation.ts';

let leveret: Installation;
let queueCount = 0;

/** A kind of job on a queue that no other test uses, declared. */
async function uniqueJob() {
  queueCount += 1;
  const definition = defineAny('invoice.post', `invoices-${queueCount}`);
  await leveret.broker.declare([definition.queue]);
  return { definition, kind: definition.kind, queue: definition.queue };
}

describe.skipIf(!hasRabbitmq())('dead letters with a ledger', () => {
  beforeAll(async () => {
    leveret = await openInstallation();
  });
  afterAll(async () => {
    await leveret[Symbol.asyncDispose]();
  });

  /** Has the ledger meet a queue. */
  async function meet() {
    const job = await uniqueJob();
    await leveret.client.enqueue(job.definition, { do: 'nothing' });
    return job;
  }

  const noneLeft = (queue: string) =>
    expect.poll(async () => (await leveret.broker.inspect([queue]))[0]?.dead, { timeout: 15_000 }).toBe(0);

  test('one that a foreign consumer wrote leaves the broker, and its job is dead in the ledger', async () => {
    const { definition, queue } = await uniqueJob();
    const { id } = await leveret.client.enqueue(definition, { do: 'bury' });

    await leveret.foreign.consume(queue, 1, { silent: true });

    const failure = { code: 'HANDLER_FAILED', message: 'no such thing' };
    expect(await leveret.until(id, 'dead')).toMatchObject({ attempt: 1, failure, payload: { do: 'bury' } });
    await noneLeft(queue);
  });

  test('one that expired in its queue becomes a whole job, although the ledger never heard of it', async () => {
    const { queue, kind } = await meet();

    const [id = ''] = await leveret.foreign.produce({
      ...{ queue, kind, lane: 'high' },
      body: '{ "amount": 12345678901234567890 }',
      headers: { traceparent: '00-1-2-01' },
      properties: { expiration: '1' },
    });

    expect(await leveret.until(id, 'dead')).toMatchObject({
      kind,
      queue,
      priority: 'high',
      attempt: 1,
      failure: { code: 'BROKER_DEAD_LETTERED', message: expect.stringContaining('it expired') },
      headers: { traceparent: '00-1-2-01' },
    });
    await noneLeft(queue);
  });

  test('one that cannot be a job is set aside as it came', async () => {
    const { queue, kind } = await meet();
    const broken = {
      body: 'not JSON',
      properties: { type: 'Send Mail', expiration: '1', correlationId: 'c' },
    };

    await leveret.foreign.produce({ queue, kind, ...broken, headers: { case: 'foreign' } });

    await expect
      .poll(async () => (await leveret.setAside()).map(({ queue: of }) => of), { timeout: 15_000 })
      .toContain(queue);
    const kept = (await leveret.setAside()).find((message) => message.queue === queue);
    expect(kept?.reason).toContain('"Send Mail"');
    expect(String(Buffer.from(kept?.body ?? []))).toBe('not JSON');
    expect(JSON.parse(kept?.properties ?? '')).toMatchObject({
      type: 'Send Mail',
      correlationId: 'c',
      headers: { case: 'foreign', 'x-death': [{ reason: 'expired' }] },
    });
    await noneLeft(queue);
  });
});
