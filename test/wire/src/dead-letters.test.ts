import type { Broker, DeadLetter } from '@leveret/core';
import { createInbox } from '@leveret/testing';
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

/** Told the queue of each dead letter that is acknowledged. */
const acknowledged = createInbox<string>();

/** A broker on which the first acknowledgement of each queue's dead letters is lost, after the ledger has them. */
function losingFirstAcknowledgements(broker: Broker): Broker {
  return {
    ...broker,
    takeDeadLetters(queue, onBatch, options) {
      let isLost = false;
      const onBatchAndLose = async (letters: readonly DeadLetter[]) => {
        await onBatch(letters);
        if (isLost) for (const _letter of letters) acknowledged.put(queue);
        else {
          isLost = true;
          throw new Error('lost');
        }
      };
      return broker.takeDeadLetters(queue, onBatchAndLose, options);
    },
  };
}

describe.skipIf(!hasRabbitmq())('dead letters with a ledger', () => {
  beforeAll(async () => {
    leveret = await openInstallation(losingFirstAcknowledgements);
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

  test('one that a foreign consumer wrote leaves the broker, and its job is dead in the ledger', async () => {
    const { definition, queue } = await uniqueJob();
    const { id } = await leveret.client.enqueue(definition, { do: 'bury' });

    await leveret.foreign.consume(queue, 1, { silent: true });

    const failure = { code: 'HANDLER_FAILED', message: 'no such thing' };
    expect(await leveret.until(id, 'dead')).toMatchObject({ attempt: 1, failure, payload: { do: 'bury' } });
    expect(await acknowledged.next()).toBe(queue);
    expect(await leveret.broker.inspect([queue])).toMatchObject([{ dead: 0 }]);
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
    expect(await acknowledged.next()).toBe(queue);
    expect(await leveret.broker.inspect([queue])).toMatchObject([{ dead: 0 }]);
  });

  test('what cannot be a job is set aside as it came, each message once', async () => {
    const { queue, kind } = await meet();
    const properties = { messageId: null, type: 'Send Mail', expiration: '1', correlationId: 'c' };
    // In a lane of their own: only the message at the head of a queue expires.
    const broken = { queue, kind, lane: 'low', properties, body: 'not JSON', headers: { case: 'foreign' } };

    await leveret.foreign.produce(broken, broken);
    expect(await acknowledged.take(2)).toEqual([queue, queue]);

    const kept = (await leveret.setAside()).filter((message) => message.queue === queue);
    expect(kept).toHaveLength(2);
    for (const { reason, body, properties: text } of kept) {
      expect(reason).toBe('property message-id is missing');
      expect(String(Buffer.from(body))).toBe('not JSON');
      expect(JSON.parse(text)).toMatchObject({
        type: 'Send Mail',
        correlationId: 'c',
        headers: { case: 'foreign', 'x-death': [{ reason: 'expired' }] },
      });
    }
  });
});
