import { type Delivery, encodePayload } from '@leveret/core';
import { createInbox, sampleMessage } from '@leveret/testing';
import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOf } from './foreign.ts';
import { defineAny, type Installation, keepingDeadLetters, openInstallation } from './installation.ts';

let leveret: Installation;
let queueCount = 0;

/** A kind of job on a queue that no other test uses, declared. */
async function uniqueJob() {
  queueCount += 1;
  const definition = defineAny('invoice.post', `invoices-${queueCount}`);
  await leveret.broker.declare([definition.queue]);
  return { definition, kind: definition.kind, queue: definition.queue };
}

describe.skipIf(!hasRabbitmq())('a foreign consumer of jobs that Leveret enqueued', () => {
  beforeAll(async () => {
    leveret = await openInstallation(keepingDeadLetters);
  });
  afterAll(async () => {
    await leveret[Symbol.asyncDispose]();
  });

  test('gets them in the form of the wire format', async () => {
    const { definition, kind, queue } = await uniqueJob();
    const payload = { do: 'finish', result: null, text: 'größer' };
    const { id } = await leveret.client.enqueue(definition, payload, {
      headers: { traceparent: '00-1-2-01' },
    });

    const [message] = await leveret.foreign.consume(queue, 1);

    expect(message).toMatchObject({
      id,
      type: kind,
      contentType: 'application/json',
      deliveryMode: 2,
      redelivered: false,
    });
    const createdAt = Number(message?.headers['leveret-created-ms']);
    expect(message?.timestamp).toBe(Math.floor(createdAt / 1_000));
    expect(message?.headers).toEqual({
      'leveret-version': 1,
      'leveret-attempt': 1,
      'leveret-created-ms': createdAt,
      traceparent: '00-1-2-01',
    });
    expect(message && textOf(message)).toBe(JSON.stringify(payload));
  });

  test('does one, and the ledger has its result', async () => {
    const { definition, kind, queue } = await uniqueJob();
    const result = { invoice: 17 };
    const { id } = await leveret.client.enqueue(definition, { do: 'finish', result });

    await leveret.foreign.consume(queue, 1);

    expect(await leveret.until(id, 'succeeded')).toMatchObject({
      attempt: 1,
      result,
      payload: { do: 'finish' },
    });
  });

  test('retries one after a delay, and a Leveret worker gets its second attempt', async () => {
    const { definition, kind, queue } = await uniqueJob();
    const payload = { do: 'retry' };
    const { id } = await leveret.client.enqueue(definition, payload, { delayMs: 100 });

    const [first] = await leveret.foreign.consume(queue, 1);
    expect(first?.headers).toMatchObject({ CC: ['0>', `leveret.q.${queue}`] });
    expect(await leveret.until(id, 'retrying')).toMatchObject({
      attempt: 1,
      maxAttempts: 3,
      failure: { code: 'HANDLER_FAILED', message: 'not today' },
    });
    const ran = await leveret.startWorker(definition);
    const { job, payload: again } = await ran.next();

    expect(job).toMatchObject({ id, kind, attempt: 2, createdAt: first?.headers['leveret-created-ms'] });
    expect(again).toEqual(payload);
    expect(await leveret.until(id, 'succeeded')).toMatchObject({ attempt: 2 });
    expect(await leveret.broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 0 }]);
  });

  test('retries a copy, and marks what follows it', async () => {
    const { definition, queue } = await uniqueJob();
    const inbox = createInbox<Delivery>();
    const body = encodePayload({ do: 'retry' });
    const message = { ...sampleMessage(queue), kind: definition.kind, body };
    await leveret.broker.publish([{ message, delayMs: 0, isResent: true }]);

    const [copy] = await leveret.foreign.consume(queue, 1, { silent: true });
    await leveret.broker.consume(queue, { prefetch: 1, onDelivery: inbox.put });
    const next = await inbox.next();

    expect(copy?.headers).toMatchObject({ 'leveret-resent': 1 });
    expect(next).toMatchObject({
      origin: 'first',
      message: { attempt: 2, headers: { 'leveret-repeated': '1' } },
    });
    await next.settle({ events: [] });
  });

  test('gives one up, and its dead letter is kept with reason and payload', async () => {
    const { definition, kind, queue } = await uniqueJob();
    const { id } = await leveret.client.enqueue(definition, { do: 'bury' });

    await leveret.foreign.consume(queue, 1);
    const failure = { code: 'HANDLER_FAILED', message: 'no such thing' };
    expect(await leveret.until(id, 'dead')).toMatchObject({ attempt: 1, failure });
    expect(await leveret.broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 1 }]);
    const [letter] = await leveret.foreign.takeLetters(queue, 1);

    expect(letter).toMatchObject({
      id,
      type: kind,
      headers: { 'leveret-failure-code': failure.code, 'leveret-failure-message': failure.message },
    });
    expect(letter && textOf(letter)).toBe('{"do":"bury"}');
  });

  test.each(['high', 'low'] as const)(
    'finds the %s ones in a lane of their own, and sends them back there',
    async (priority) => {
      const { definition, queue } = await uniqueJob();
      const { id } = await leveret.client.enqueue(definition, { do: 'bury' }, { priority });
      const messages = await leveret.foreign.consume(queue, 1, { lane: priority });
      const [letter] = await leveret.foreign.takeLetters(queue, 1);

      await leveret.client.enqueue(definition, { do: 'retry' }, { priority });
      await leveret.foreign.consume(queue, 1, { lane: priority });
      const inbox = createInbox<Delivery>();
      await leveret.broker.consume(queue, { prefetch: 1, onDelivery: inbox.put });
      const again = await inbox.next();

      expect(messages[0]).toMatchObject({
        id,
        headers: expect.not.objectContaining({ 'leveret-priority': priority }),
      });
      expect(letter).toMatchObject({ id, headers: { 'leveret-priority': priority } });
      expect(again.message).toMatchObject({ attempt: 2, priority });
      await again.settle({ events: [] });
    },
  );

  test('that tells nothing has done the job, and the ledger does not know', async () => {
    const { definition, kind, queue } = await uniqueJob();
    const { id } = await leveret.client.enqueue(definition, { do: 'finish' });

    await leveret.foreign.consume(queue, 1, { silent: true });

    expect(await leveret.broker.inspect([queue])).toEqual([{ queue, ready: 0, dead: 0 }]);
    expect(await leveret.record(id)).toMatchObject({ state: 'queued', attempt: 0 });
  });

  test('tells of its work as it goes, late and twice, and the ledger is right in the end', async () => {
    const { definition, kind, queue } = await uniqueJob();
    const { id } = await leveret.client.enqueue(definition, { do: 'finish', result: 1 });
    const [message] = await leveret.foreign.consume(queue, 1);
    const createdAt = Number(message?.headers['leveret-created-ms']);
    const about = { jobId: id, kind, queue, attempt: 1, maxAttempts: 3, createdAt, at: createdAt + 5 };
    const done = await leveret.until(id, 'succeeded');

    await leveret.foreign.tell([
      { ...about, type: 'started', workerId: 'cobol-1' },
      { ...about, type: 'succeeded', result: 2 },
    ]);
    const { id: last } = await leveret.client.enqueue(definition, { do: 'finish', result: 3 });
    await leveret.foreign.consume(queue, 1);
    await leveret.until(last, 'succeeded');

    // The first outcome wins. A start that is known late still says when the attempt started.
    expect(await leveret.record(id)).toEqual({ ...done, startedAt: about.at });
    expect(done.result).toBe(1);
  });

  test('may tell what no recorder knows or can read: that keeps nothing else back', async () => {
    const { definition, kind, queue } = await uniqueJob();
    const { id } = await leveret.client.enqueue(definition, { do: 'finish' });
    const about = { jobId: id, kind, queue, attempt: 1, maxAttempts: 3, createdAt: 1_000, at: 1_000 };
    const unknown = { ...about, type: 'celebrated' };
    const unreadable = [{ ...about, type: 'retried', delayMs: 100 }, null, 'succeeded'];

    await leveret.foreign.tell([unknown, { ...unknown, bestEffort: true }]);
    await leveret.foreign.tell(unreadable);
    await leveret.foreign.tell([{ ...about, type: 'started', workerId: 'cobol-1' }]);

    expect(await leveret.until(id, 'running')).toMatchObject({ attempt: 1 });
    expect(await leveret.unapplied()).toEqual([unknown, ...unreadable]);
  });
});
