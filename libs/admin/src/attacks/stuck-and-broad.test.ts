import { LeveretError } from '@leveret/core';
import type { QueueListView } from '@leveret/http-contract/admin';
import { sampleEntry, sampleMessage } from '@leveret/testing';
import { expect, test } from 'vitest';
import { addAccount, openBench, serveAdmin, signIn } from '../../fixtures/account-bench.ts';

const API = '/v1/admin';

test('how long the oldest job has waited goes on to grow while its queue is stuck, paused or not', async () => {
  const bench = await openBench();
  await addAccount(bench, 'ada', 'admin');
  const send = await serveAdmin({ bench });
  const { store } = bench.options;
  const messages = ['stuck', 'paused'].map((queue) => ({
    ...sampleMessage(queue),
    createdAt: bench.clock.now(),
  }));
  await store.accept(messages.map((message) => sampleEntry(message)));
  await store.markDispatched(messages.map(({ id }) => id));
  await store.pauseQueue({ queue: 'paused', by: 'ada' });
  const waits = async () => {
    const answer = await send({ url: `${API}/queues`, headers: await signIn(send, 'ada') });
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json<QueueListView>().queues.map(({ oldestWaitingMs }) => oldestWaitingMs);
  };

  const before = await waits();
  await bench.clock.advance(600_000);
  const after = await waits();
  await bench.clock.advance(3_600_000);

  expect([before, after]).toEqual([
    [0, 0],
    [600_000, 600_000],
  ]);
  expect(await waits()).toEqual([4_200_000, 4_200_000]);
});

test('a filter for which too many jobs are searched is answered with how many, and what to do', async () => {
  const bench = await openBench();
  await addAccount(bench, 'ada', 'admin');
  const { reader } = bench.options;
  // As a ledger answers after 2 s: see its own tests.
  const tooBroad = async () => {
    throw new LeveretError('QUERY_TOO_BROAD', 'searched 400,000 jobs within 2 s');
  };
  const options = { ...bench.options, reader: { ...reader, list: tooBroad, count: tooBroad } };
  const send = await serveAdmin({ bench: { ...bench, options } });
  const headers = await signIn(send, 'ada');

  for (const path of ['/jobs', '/jobs/count']) {
    const answer = await send({ url: `${API}${path}?filter=worker:nobody`, headers });
    expect(answer.json()).toMatchObject({
      ...{ status: 422, code: 'QUERY_TOO_BROAD' },
      detail: expect.stringMatching(/searched 400,000 jobs.*Narrow the search: add a queue/),
    });
  }
});
