import type { AuditPageView, OperationView, WorkerListView } from '@leveret/http-contract/admin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../fixtures/admin-bench.ts';

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

test('workers are listed with what they do', async () => {
  const worker = {
    ...{ instanceId: 'i', workerId: 'w1', host: 'web-1', pid: 7, version: '1', startedAt: 1_000 },
    ...{ queues: ['mail'], kinds: ['mail.send'], concurrency: 10 },
  };
  const running = {
    ...{ jobId: '0198c0de-1111-7222-8333-0123456789ab', kind: 'mail.send', queue: 'mail', startedAt: 2_000 },
  };
  const slots = [{ queue: 'mail', size: 10, busy: 1 }];
  const load = { rssBytes: 5_000_000, cpuShare: 1.5, eventLoopDelayMs: 2, slots, running: [running] };
  await bench.store.noteWorker({ ...worker, load });
  await bench.store.noteWorker({ ...worker, instanceId: 'j', workerId: 'w2' });

  const { workers } = await bench.get<WorkerListView>('/workers');

  expect(workers).toEqual([
    {
      ...{ ...worker, startedAt: '1970-01-01T00:00:01.000Z', seenAt: expect.stringMatching(/Z$/) },
      load: { ...load, running: [{ ...running, startedAt: '1970-01-01T00:00:02.000Z' }] },
    },
    expect.not.objectContaining({ load: expect.anything() }),
  ]);
});

test('the audit is read page by page, all of it or that of a job', async () => {
  const [one = '', other = ''] = await bench.seed({}, {});
  await bench.post(`/jobs/${one}/cancel`, { reason: 'a' });
  await bench.post(`/jobs/${other}/cancel`);

  const first = await bench.get<AuditPageView>('/audit?limit=1');
  const second = await bench.get<AuditPageView>(`/audit?limit=1&before=${first.entries[0]?.seq}`);
  const ofJob = await bench.get<AuditPageView>(`/audit?jobId=${one}`);

  expect(first.entries).toMatchObject([{ jobId: other, action: 'cancel', by: 'an admin' }]);
  expect(second.entries).toMatchObject([{ jobId: one, reason: 'a', before: 'queued', after: 'cancelled' }]);
  expect(ofJob.entries).toEqual(second.entries);
});

test('the audit leaves out what an operation did to its jobs, and lists it by the operation', async () => {
  const ids = await bench.seed({ queue: 'bulk', state: 'dead' }, { queue: 'bulk', state: 'dead' });
  const { id } = await bench.post<OperationView>('/operations', { action: 'discard', filter: 'queue:bulk' });
  await expect
    .poll(() => bench.get<OperationView>(`/operations/${id}`))
    .toMatchObject({ state: 'done', done: 2 });

  const all = await bench.get<AuditPageView>('/audit?limit=1');
  const ofOperation = await bench.get<AuditPageView>(`/audit?operationId=${id.toUpperCase()}`);

  const start = { action: 'start-operation', operationId: id, detail: 'discard of 2 jobs' };
  expect(all.entries).toMatchObject([start]);
  expect(ofOperation.entries.map(({ jobId }) => jobId).slice(0, 2)).toEqual(expect.arrayContaining([...ids]));
  expect(ofOperation.entries).toMatchObject([{ action: 'discard' }, { action: 'discard' }, start]);
});
