import { decodePayload, type LeveretError } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { anyJob, createBrokerDouble, createStoreDouble, idOf } from '../fixtures/doubles.ts';
import { createJobClient } from './job-client.ts';

function setUpDirect() {
  const clock = createManualClock();
  const broker = createBrokerDouble();
  return { clock, ...broker, client: createJobClient({ broker: broker.broker, clock }) };
}

test.each(['order-17', '', '01890000-0000-7000-8000-00000000000G', '01890000-0000-7000-8000-0000000000AB'])(
  'the id "%s" is refused before anything is sent',
  async (id) => {
    const { client, published } = setUpDirect();

    await expect(client.enqueue(anyJob, 1, { id })).rejects.toThrow(/^the id of a job must be a UUID/);
    await expect(client.enqueueMany(anyJob, [1], { ids: [id] })).rejects.toThrow(RangeError);
    expect(published.calls).toEqual([]);
  },
);

test.each([
  [{ 'leveret-attempt': '9' }, 'belongs to the broker'],
  [{ 'X-Death': 'x' }, 'belongs to the broker'],
  [{ cc: 'x' }, 'belongs to the broker'],
  [{ Bcc: 'x' }, 'belongs to the broker'],
  [{ '': 'x' }, 'has 1 to 255 bytes'],
  [{ tries: 3 }, 'must be a string'],
  [{ big: 'ä'.repeat(2_048) }, 'at most 4096 bytes'],
  [Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`h${n}`, ''])), 'at most 16 headers'],
])('headers like %o are refused', async (headers, reason) => {
  const { client, published } = setUpDirect();
  const options = { headers: headers as Record<string, string> };

  await expect(client.enqueue(anyJob, 1, options)).rejects.toThrow(RangeError);
  await expect(client.enqueueMany(anyJob, [1], options)).rejects.toThrow(reason);
  expect(published.calls).toEqual([]);
});

test('a parent that is no id of a job is refused', async () => {
  const { client, published } = setUpDirect();

  await expect(client.enqueue(anyJob, 1, { parentId: 'the first' })).rejects.toThrow(RangeError);
  expect(published.calls).toEqual([]);
});

test('a job is as urgent as its caller says, else as its definition says, else normal', async () => {
  const { client, published } = setUpDirect();
  const seldomUrgent = { ...anyJob, priority: 'low' } as const;

  await client.enqueue(anyJob, 1);
  await client.enqueue(seldomUrgent, 1);
  await client.enqueueMany(seldomUrgent, [1], { priority: 'high' });

  const priorities = published.calls.flatMap(({ argument }) =>
    argument.map(({ message }) => message.priority),
  );
  expect(priorities).toEqual(['normal', 'low', 'high']);
});

test.each([
  [[' eu'], 'a tag has 1 to 64 characters'],
  [Array.from({ length: 1_000 }, (_, index) => `t${index}`), 'at most 16 tags'],
])('tags like %j are refused', async (tags, reason) => {
  const { client, published } = setUpDirect();

  await expect(client.enqueue(anyJob, 1, { tags })).rejects.toThrow(reason);
  await expect(client.enqueueMany(anyJob, [1], { tags })).rejects.toThrow(RangeError);
  expect(published.calls).toEqual([]);
});

test('what is no priority is refused', async () => {
  const { client, published } = setUpDirect();
  const options = { priority: 'urgent' as 'high' };

  await expect(client.enqueue(anyJob, 1, options)).rejects.toThrow('must be one of high, normal, low');
  await expect(client.enqueueMany(anyJob, [1], options)).rejects.toThrow(RangeError);
  expect(published.calls).toEqual([]);
});

test('headers within the bounds travel with the message', async () => {
  const { client, published } = setUpDirect();

  await client.enqueue(anyJob, 1, { headers: { traceparent: '00-1' } });

  expect(published.calls[0]?.argument).toMatchObject([{ message: { headers: { traceparent: '00-1' } } }]);
});

test('the ledger is given the payload as JSON, whatever the caller has put into it', async () => {
  const { broker } = createBrokerDouble();
  const { store, accepted } = createStoreDouble();
  const client = createJobClient({ broker, store, clock: createManualClock() });

  await client.enqueue(anyJob, { at: new Date(0), none: undefined });

  const [entry = expect.unreachable()] = structuredClone(accepted.calls[0]?.argument) ?? [];
  expect(decodePayload(entry.outgoing.message.body)).toEqual({ at: '1970-01-01T00:00:00.000Z' });
});

test('a payload that JSON cannot carry is not enqueued', async () => {
  const { client, published } = setUpDirect();

  await expect(client.enqueue(anyJob, { onDone: () => 1 })).rejects.toMatchObject({
    code: 'PAYLOAD_INVALID',
  });
  await expect(client.enqueue(anyJob, { total: 1n })).rejects.toMatchObject({ code: 'PAYLOAD_INVALID' });
  expect(published.calls).toEqual([]);
});

test('many jobs are sent a thousand at a time, with receipts in their order', async () => {
  const { client, published } = setUpDirect();
  const ids = Array.from({ length: 2_500 }, (_, n) => idOf(n));

  const receipts = await client.enqueueMany(anyJob, Array(2_500).fill(1), { ids });

  expect(receipts.map(({ id }) => id)).toEqual(ids);
  expect(published.calls.map(({ argument }) => argument.length)).toEqual([1_000, 1_000, 500]);
});

test('a lot of large payloads is a smaller lot', async () => {
  const { client, published } = setUpDirect();

  await client.enqueueMany(anyJob, Array(9).fill('x'.repeat(1_000_000)));

  expect(published.calls.map(({ argument }) => argument.length)).toEqual([4, 4, 1]);
});

test('when a lot is not accepted, the error says how many are, and the same ids can be given again', async () => {
  const { client, published, clock } = setUpDirect();
  const ids = Array.from({ length: 2_500 }, (_, n) => idOf(n));
  published.answer = () => {
    published.answer = undefined;
    return Promise.resolve();
  };
  const enqueueing = client.enqueueMany(anyJob, Array(2_500).fill(1), { ids });
  const refused = expect(enqueueing).rejects.toMatchObject({
    code: 'ENQUEUE_UNAVAILABLE',
    details: { acceptedCount: 1_000, jobCount: 2_500 },
  });
  while (published.calls.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(2_500);
  await refused;

  published.answer = () => Promise.resolve();
  await client.enqueueMany(anyJob, Array(2_500).fill(1), { ids });

  const sent = published.calls.flatMap(({ argument }) => argument.map(({ message }) => message.id));
  expect(new Set(sent)).toEqual(new Set(ids));
});

test('many jobs of which one is invalid are not sent at all', async () => {
  const { client, published } = setUpDirect();
  const payloads = Array(1_500).fill('good').concat('bad');

  await expect(client.enqueueMany(anyJob, payloads)).rejects.toMatchObject({ code: 'PAYLOAD_INVALID' });
  expect(published.calls).toEqual([]);
});

test('ids must be as many as the payloads', async () => {
  await expect(setUpDirect().client.enqueueMany(anyJob, [1, 2], { ids: [idOf(1)] })).rejects.toThrow(
    'there are 1 ids for 2 payloads',
  );
});

test('very many jobs are accepted, and others have their turn meanwhile', async () => {
  const { broker } = createBrokerDouble();
  const { store } = createStoreDouble();
  const client = createJobClient({ broker, store, clock: createManualClock() });
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 1);

  const receipts = await client.enqueueMany(anyJob, Array(20_000).fill(1));
  clearInterval(turning);

  expect(receipts).toHaveLength(20_000);
  expect(turns).toBeGreaterThan(5);
});

test('closing waits for what is under way, and notes it in the ledger', async () => {
  const clock = createManualClock();
  const { broker, published } = createBrokerDouble();
  const { store, dispatched } = createStoreDouble();
  const client = createJobClient({ broker, store, clock });
  published.answer = undefined;
  const enqueueing = client.enqueue(anyJob, 1, { id: idOf(1) });
  await clock.advance(100);
  await enqueueing;

  const closing = client.close();
  await clock.advance(1_000);
  expect(dispatched.calls).toEqual([]);
  published.calls[0]?.confirm();
  await closing;
  await client.close();

  expect(dispatched.calls.map(({ argument }) => argument)).toEqual([[idOf(1)]]);
});

test('a closed client takes no job, refuses those that wait for their turn, and sends nothing of them', async () => {
  const { client, published } = setUpDirect();
  published.answer = undefined;
  const codes: string[] = [];
  for (let n = 0; n < 1_002; n += 1)
    client.enqueue(anyJob, n).catch((error: { readonly code: string }) => codes.push(error.code));
  while (published.calls.length < 1_000) await new Promise((resolve) => setImmediate(resolve));

  const closing = client.close();
  await expect(client.enqueue(anyJob, 1)).rejects.toMatchObject({
    code: 'SHUTTING_DOWN',
    details: { outcome: 'not-stored' },
  });
  for (const { confirm } of published.calls) confirm();
  await closing;

  expect(codes).toEqual(['SHUTTING_DOWN', 'SHUTTING_DOWN']);
  expect(published.calls).toHaveLength(1_000);
});

test('of many jobs of which one conflicts, the others are accepted, and the error says how many were before them', async () => {
  const { broker, published } = createBrokerDouble();
  const { store, accepted } = createStoreDouble();
  const client = createJobClient({ broker, store, clock: createManualClock() });
  accepted.answer = (entries) =>
    Promise.resolve(entries.map((_, index) => (index === 1 ? 'conflict' : 'new')));

  const ids = [1, 2, 3].map(idOf);
  await expect(client.enqueueMany(anyJob, [1, 2, 3], { ids })).rejects.toMatchObject({
    code: 'ID_CONFLICT',
    details: { jobId: idOf(2), acceptedCount: 0, jobCount: 3 },
  });

  const sent = published.calls.flatMap(({ argument }) => argument.map(({ message }) => message.id));
  expect(sent).toEqual([idOf(1), idOf(3)]);
});

test('that an id belongs to another job is an answer of the stores: nobody is refused as if they were away', async () => {
  const clock = createManualClock();
  const { broker, published } = createBrokerDouble();
  const { store, accepted } = createStoreDouble();
  const client = createJobClient({ broker, store, clock });
  accepted.answer = undefined;
  published.answer = undefined;
  const codes: string[] = [];
  for (let n = 0; n < 2_002; n += 1)
    client.enqueue(anyJob, n, { id: idOf(n) }).catch(({ code }: LeveretError) => codes.push(code));
  while (accepted.calls.length < 1_000) await new Promise((resolve) => setImmediate(resolve));

  await clock.advance(1_500);
  for (const { confirm } of accepted.calls.slice(0, 1_000)) confirm(['conflict']);
  await clock.advance(1_500);

  expect(codes).toEqual(Array(1_000).fill('ID_CONFLICT'));
});

test('receipts say which of many jobs are new', async () => {
  const { broker } = createBrokerDouble();
  const { store, accepted } = createStoreDouble();
  const client = createJobClient({ broker, store, clock: createManualClock() });
  accepted.answer = (entries) => Promise.resolve(entries.map((_, index) => (index === 1 ? 'known' : 'new')));

  const receipts = await client.enqueueMany(anyJob, [1, 2, 3], { ids: [1, 2, 3].map(idOf) });

  expect(receipts.map(({ isNew }) => isNew)).toEqual([true, false, true]);
});

test('closing does not wait for ever', async () => {
  const { client, clock, published } = setUpDirect();
  published.answer = undefined;
  const refused = expect(client.enqueue(anyJob, 1)).rejects.toThrow();

  const closing = client.close();
  await clock.advance(2_500);

  await closing;
  await refused;
});
