import type { QueueDetailsView, QueueListView, QueueReceiptView } from '@leveret/http-contract/admin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../../fixtures/admin-bench.ts';

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

test('queues are listed by name with their jobs, workers, and how long the oldest has waited', async () => {
  const now = Date.now();
  await bench.seed(
    { queue: 'mail', createdAt: now - 60_000 },
    { queue: 'mail', state: 'dead' },
    { queue: 'idle', delayMs: 3_600_000 },
    { queue: 'late', createdAt: now - 90_000, delayMs: 30_000 },
  );
  await bench.store.noteWorker({
    ...{ instanceId: 'i', workerId: 'w1', host: 'web-1', pid: 7, version: '1', startedAt: now },
    ...{ queues: ['mail', 'empty'], kinds: ['mail.send'], concurrency: 10 },
    load: {
      ...{ rssBytes: 1, cpuShare: 0.5, eventLoopDelayMs: 1 },
      ...{ slots: [{ queue: 'mail', size: 10, busy: 3 }], running: [] },
    },
  });

  const { queues } = await bench.get<QueueListView>('/queues');

  expect(queues.map(({ queue }) => queue)).toEqual(['empty', 'idle', 'late', 'mail']);
  const [empty, idle, late, mail] = queues;
  expect(empty).toMatchObject({ counts: {}, workers: 1, slots: { size: 10, busy: 0 } });
  expect(idle).not.toHaveProperty('oldestWaitingMs');
  expect(Math.abs((late?.oldestWaitingMs ?? 0) - 60_000)).toBeLessThan(20_000);
  expect(mail).toMatchObject({ counts: { queued: 1, dead: 1 }, slots: { size: 10, busy: 3 } });
  expect(mail?.oldestWaitingMs).toBeGreaterThanOrEqual(60_000);
  expect(mail?.trend).toHaveLength(30);
});

test('one queue is shown with what happened in it, by slice and by kind', async () => {
  await bench.seed({ queue: 'video', kind: 'video.thumbnails', state: 'succeeded' }, { queue: 'video' });

  const details = await bench.get<QueueDetailsView>('/queues/video?range=10m');

  expect(details).toMatchObject({
    queue: { queue: 'video', counts: { succeeded: 1, queued: 1 } },
    sliceMs: 10_000,
    total: { in: expect.any(Number), succeeded: expect.any(Number) },
    kinds: [
      { kind: 'mail.send', counts: { queued: 1 } },
      { kind: 'video.thumbnails', counts: { succeeded: 1 } },
    ],
  });
  expect(Date.parse(details.until) - Date.parse(details.since)).toBeLessThanOrEqual(610_000);
});

test('a queue is paused with a reason, shown so, and resumed', async () => {
  await bench.seed({ queue: 'paused' });

  const paused = await bench.post<QueueReceiptView>('/queues/paused/pause', { reason: 'server is down' });
  const again = await bench.post<QueueReceiptView>('/queues/paused/pause');
  const { queue } = await bench.get<QueueDetailsView>('/queues/paused');
  const resumed = await bench.post<QueueReceiptView>('/queues/paused/resume');

  expect(paused).toMatchObject({ isChanged: true, silent: [], isControlAway: false, unaware: [] });
  expect(again.isChanged).toBe(false);
  expect(queue.pause).toEqual({
    ...{ by: 'an admin', reason: 'server is down', at: expect.stringMatching(/Z$/) },
  });
  expect(resumed.isChanged).toBe(true);
  expect((await bench.get<QueueDetailsView>('/queues/paused')).queue).not.toHaveProperty('pause');
});

test('an unknown queue is not found, and not paused', async () => {
  for (const name of ['mial', 'no/queue', encodeURIComponent('a/b'), 'A'])
    expect((await bench.send('GET', `/queues/${name}`)).statusCode).toBe(404);
  expect((await bench.send('POST', '/queues/mial/pause')).json()).toMatchObject({ code: 'QUEUE_NOT_FOUND' });
  expect((await bench.store.pauses()).map(({ queue }) => queue)).not.toContain('mial');
});

test('a viewer may not pause a queue', async () => {
  await bench.seed({ queue: 'guarded' });

  const refused = await bench.send('POST', '/queues/guarded/pause', { headers: { as: 'viewer' } });

  expect(refused.json()).toMatchObject({ code: 'FORBIDDEN' });
});
