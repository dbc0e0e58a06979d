import { type Delivery, newId, systemClock, systemRandom } from '@leveret/core';
import { createInbox } from '@leveret/testing';
import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defineAny, type Installation, openInstallation } from './installation.ts';

let leveret: Installation;
let queueCount = 0;

/** A kind of job on a queue that no other test uses. */
function uniqueJob() {
  queueCount += 1;
  const definition = defineAny('report.render', `reports-${queueCount}`);
  return { definition, kind: definition.kind, queue: definition.queue };
}

describe.skipIf(!hasRabbitmq())('jobs of a foreign producer', () => {
  beforeAll(async () => {
    leveret = await openInstallation();
  });
  afterAll(async () => {
    await leveret[Symbol.asyncDispose]();
  });

  test('are run by a Leveret worker with exactly the payload, and the ledger knows them from their first event', async () => {
    const { definition, kind, queue } = uniqueJob();
    const ran = await leveret.startWorker(definition);
    const body = '{ "größe" : 1.50, "list": [null, true, "✓"], "nested": {"b":1,"a":2} }';

    const [id = ''] = await leveret.foreign.produce({ queue, kind, body });
    const { payload, job } = await ran.next();

    expect(payload).toEqual({ größe: 1.5, list: [null, true, '✓'], nested: { b: 1, a: 2 } });
    expect(job).toMatchObject({ id, kind, queue, attempt: 1 });
    expect(await leveret.until(id, 'succeeded')).toMatchObject({ id, kind, queue, attempt: 1 });
  });

  test.each(['high', 'low'])('may be of another priority, now and after a delay: %s', async (lane) => {
    const { kind, queue } = uniqueJob();
    const inbox = createInbox<Delivery>();
    const { stop } = await leveret.broker.consume(queue, { prefetch: 2, onDelivery: inbox.put });
    const job = { queue, lane, kind, body: '1' };

    await leveret.foreign.produce(job, { ...job, delayMs: 100 });
    const deliveries = await inbox.take(2);

    expect(deliveries.map(({ message }) => message.priority)).toEqual([lane, lane]);
    await Promise.all(deliveries.map((delivery) => delivery.settle({ events: [] })));
    await stop();
  });

  test('wait their delay in the wheel', async () => {
    const { definition, kind, queue } = uniqueJob();
    const ran = await leveret.startWorker(definition);
    const delayMs = 1_650;

    const [id] = await leveret.foreign.produce({ queue, kind, body: '"later"', delayMs });
    const { job, at, payload } = await ran.next();

    expect([job.id, payload]).toEqual([id, 'later']);
    expect(at - job.createdAt).toBeGreaterThanOrEqual(delayMs);
    expect(at - job.createdAt).toBeLessThan(delayMs + 10_000);
  });

  test('go through the wheel again when something is left of their delay', async () => {
    const { definition, kind, queue } = uniqueJob();
    const ran = await leveret.startWorker(definition);
    const headers = { 'leveret-delay-left-ms': 500 };

    await leveret.foreign.produce({ queue, kind, body: '1', delayMs: 300, headers });
    const { job, at } = await ran.next();

    expect(at - job.createdAt).toBeGreaterThanOrEqual(800);
    expect(job.attempt).toBe(1);
  });

  test.each([
    ['integers', 2, 1_700_000_000_123],
    ['text, as STOMP sends them', '2', '1700000000123'],
  ])('may have numbers as %s', async (_, attempt, createdAt) => {
    const { definition, kind, queue } = uniqueJob();
    const ran = await leveret.startWorker(definition);
    const headers = { 'leveret-attempt': attempt, 'leveret-created-ms': createdAt };

    await leveret.foreign.produce({ queue, kind, body: '1', headers });

    expect((await ran.next()).job).toMatchObject({ attempt: 2, createdAt: 1_700_000_000_123 });
  });

  test.each([
    [0, 'queued'],
    [60_000, 'scheduled'],
  ] as const)(
    'can be looked up before their first attempt when their producer says that they were accepted, %i ms ahead',
    async (delayMs, state) => {
      const { kind, queue } = uniqueJob();
      const id = newId(systemClock, systemRandom);
      const about = { jobId: id, kind, queue, attempt: 1, maxAttempts: 3, createdAt: 1_000, at: 1_000 };

      await leveret.foreign.tell([{ ...about, type: 'accepted', payload: { a: 1 }, delayMs }]);

      expect(await leveret.until(id, state)).toMatchObject({ id, kind, payload: { a: 1 }, createdAt: 1_000 });
    },
  );

  test('for a queue that does not exist are returned, or dead after their delay', async () => {
    const { kind } = uniqueJob();
    const job = { queue: 'nowhere', kind, body: '"lost?"', isCareless: true };

    await expect(leveret.foreign.produce({ ...job, isCareless: false })).rejects.toThrow('no queue');
    await expect(leveret.foreign.produce(job)).rejects.toThrow('returned: NO_ROUTE');
    const [later] = await leveret.foreign.produce({ ...job, delayMs: 100 });
    expect(await leveret.until(later ?? expect.unreachable(), 'dead')).toMatchObject({
      kind,
      queue: 'nowhere',
      payload: 'lost?',
      failure: { code: 'BROKER_DEAD_LETTERED', message: expect.stringContaining('could not route it') },
    });
  });
});
