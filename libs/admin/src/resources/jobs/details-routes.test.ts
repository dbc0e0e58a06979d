import { withParent } from '@leveret/core';
import type {
  ExplanationView,
  JobCountsView,
  JobDetailsView,
  JobLogView,
  JobPageView,
} from '@leveret/http-contract/admin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../../fixtures/admin-bench.ts';

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const UNKNOWN = '0198c0de-1111-7222-8333-0123456789ab';

test('a job is shown with its attempts, its failure, and what operators did with it', async () => {
  const [id = ''] = await bench.seed({
    state: 'dead',
    entry: { tags: ['eu'] },
    headers: { traceparent: 't' },
  });
  await bench.post(`/jobs/${id}/discard`, { reason: 'no such mailbox' });

  const { job, attempts, audit, lag } = await bench.get<JobDetailsView>(`/jobs/${id.toUpperCase()}`);

  expect(job).toMatchObject({
    id,
    state: 'discarded',
    tags: ['eu'],
    errorCode: 'ECONNREFUSED',
    fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    failure: { code: 'HANDLER_FAILED', name: 'Error', stack: 'at send (mail.ts:1:1)', causes: [] },
    headers: { traceparent: 't' },
    history: 'all',
    redact: [],
    hasPayload: true,
    hasResult: false,
  });
  expect(attempts).toMatchObject([
    { attempt: 1, generation: 0, outcome: 'dead', runMs: 10, host: 'web-1', version: '1.0', workerId: 'w1' },
  ]);
  expect(audit).toMatchObject([
    { action: 'discard', by: 'an admin', reason: 'no such mailbox', before: 'dead', after: 'discarded' },
  ]);
  expect(lag).toMatchObject({ isReported: expect.any(Boolean) });
});

test('a job is shown with its parent, and is listed and counted as a child of it', async () => {
  const [parentId = ''] = await bench.seed({});
  const [id = ''] = await bench.seed({
    state: 'succeeded',
    headers: withParent({ traceparent: 't' }, parentId),
  });

  const { job } = await bench.get<JobDetailsView>(`/jobs/${id}`);
  const { jobs } = await bench.get<JobPageView>(`/jobs?filter=parent:${parentId}`);
  const counts = await bench.get<JobCountsView>(`/jobs/count?filter=parent:${parentId}`);

  expect(job).toMatchObject({ id, parentId, headers: { traceparent: 't' } });
  expect(job.headers).not.toHaveProperty('leveret-parent');
  expect((await bench.get<JobDetailsView>(`/jobs/${parentId}`)).job).not.toHaveProperty('parentId');
  expect(jobs.map((child) => child.id)).toEqual([id]);
  expect(counts).toMatchObject({ count: 1, isExact: true, byState: { succeeded: 1 } });
});

test('payload and result come as they are kept, with all digits and without redacted values', async () => {
  const [id = ''] = await bench.seed({
    state: 'succeeded',
    body: '{"account": 12345678901234567890, "rate": 1.10, "card":{"number":"4111"}}',
    entry: { redact: ['card.number'] },
    result: { card: { number: '4111' }, ok: true },
  });

  const payload = await bench.send('GET', `/jobs/${id}/payload`);
  const result = await bench.send('GET', `/jobs/${id}/result`);

  expect(payload.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(payload.headers['cache-control']).toBe('no-store');
  expect(payload.body).toBe(
    '{"account": 12345678901234567890, "rate": 1.10, "card":{"number":"[redacted]"}}',
  );
  expect(result.json()).toEqual({ card: { number: '[redacted]' }, ok: true });
});

test('a large payload is shown whole', async () => {
  const [id = ''] = await bench.seed({ payload: { text: 'x'.repeat(1_000_000) } });

  expect((await bench.send('GET', `/jobs/${id}/payload`)).body).toHaveLength(1_000_011);
});

test('a result that is not there, and a payload that is not kept, are told from an unknown job', async () => {
  const [waiting = '', unkept = ''] = await bench.seed(
    {},
    { state: 'succeeded', entry: { history: 'none' } },
  );

  for (const [path, code] of [
    [`/jobs/${waiting}/result`, 'BODY_NOT_FOUND'],
    [`/jobs/${unkept}/payload`, 'BODY_NOT_FOUND'],
    [`/jobs/${UNKNOWN}/payload`, 'JOB_NOT_FOUND'],
    [`/jobs/${UNKNOWN}/log`, 'JOB_NOT_FOUND'],
    [`/jobs/${UNKNOWN}/explanation`, 'JOB_NOT_FOUND'],
    [`/jobs/${UNKNOWN}`, 'JOB_NOT_FOUND'],
    ['/jobs/none', 'JOB_NOT_FOUND'],
  ])
    expect((await bench.send('GET', path ?? '')).json()).toMatchObject({ status: 404, code });
});

test('a viewer sees a job, and neither its payload nor its result', async () => {
  const [id = ''] = await bench.seed({ state: 'succeeded' });
  const as = (path: string) => bench.send('GET', path, { headers: { as: 'viewer' } });

  expect((await as(`/jobs/${id}`)).statusCode).toBe(200);
  for (const part of ['payload', 'result'])
    expect((await as(`/jobs/${id}/${part}`)).json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
});

test('the log of a job has its lines in order', async () => {
  const [id = ''] = await bench.seed({ state: 'running' });
  const base = { jobId: id, kind: 'mail.send', queue: 'mail', attempt: 1, maxAttempts: 3, createdAt: 0 };
  await bench.store.apply([
    {
      ...base,
      type: 'logged',
      bestEffort: true,
      at: 2_000,
      workerId: 'w1',
      lines: [
        { number: 1, at: 1_000, level: 'info', message: 'connected', fields: { host: 'smtp' } },
        { number: 2, at: 2_000, level: 'warn', message: 'slow' },
      ],
    },
  ]);

  const { lines } = await bench.get<JobLogView>(`/jobs/${id}/log`);

  expect(lines).toEqual([
    {
      ...{ generation: 0, attempt: 1, number: 1, at: '1970-01-01T00:00:01.000Z' },
      ...{ level: 'info', message: 'connected', fields: { host: 'smtp' } },
    },
    expect.objectContaining({ number: 2, level: 'warn' }),
  ]);
});

test('a job that waits is explained by sentences with what to do', async () => {
  const [id = ''] = await bench.seed({ delayMs: 3_600_000 });
  await bench.post('/queues/mail/pause', { reason: 'mail server is down' });

  const { causes } = await bench.get<ExplanationView>(`/jobs/${id}/explanation`);

  expect(causes.slice(0, 3)).toEqual([
    {
      kind: 'paused',
      text: 'queue mail is paused by an admin',
      detail: 'mail server is down',
      advice: 'resume the queue',
      since: expect.stringMatching(/Z$/),
    },
    {
      kind: 'delayed',
      text: 'it is delayed',
      advice: 'run it now, without waiting',
      until: expect.stringMatching(/Z$/),
    },
    { kind: 'no-worker-for-queue', text: 'no worker consumes queue mail', advice: 'start one' },
  ]);
});
