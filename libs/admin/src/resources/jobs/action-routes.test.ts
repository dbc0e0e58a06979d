import type { ActionReceiptView } from '@leveret/http-contract/admin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../../fixtures/admin-bench.ts';

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

test('a job that waits is cancelled, which is in the audit with who did it and why', async () => {
  const [id = ''] = await bench.seed({});

  const receipt = await bench.post<ActionReceiptView>(`/jobs/${id}/cancel`, { reason: 'sent by hand' });

  expect(receipt).toEqual({
    ...{ jobId: id, queue: 'mail', before: 'queued', after: 'cancelled', generation: 1 },
    ...{ confirmed: [], silent: [], isControlAway: false, unaware: [] },
  });
  expect(await bench.store.audit({ jobId: id, limit: 1 })).toMatchObject([
    { action: 'cancel', by: 'an admin', reason: 'sent by hand' },
  ]);
});

test('a job that waits for its next attempt runs now, a dead one is retried, discarded and restored', async () => {
  const [waiting = '', dead = ''] = await bench.seed({ state: 'retrying' }, { state: 'dead' });

  expect(await bench.post(`/jobs/${waiting}/run-now`)).toMatchObject({
    after: 'queued',
    dispatch: 'published',
    attempt: 2,
  });
  expect(await bench.post(`/jobs/${dead}/discard`)).toMatchObject({ after: 'discarded' });
  expect(await bench.post(`/jobs/${dead}/restore`)).toMatchObject({ after: 'dead' });
  expect(await bench.post(`/jobs/${dead}/retry`)).toMatchObject({ after: 'queued', attempt: 2 });
});

test('an action needs no body', async () => {
  const [id = ''] = await bench.seed({});

  expect((await bench.send('POST', `/jobs/${id}/cancel`)).json()).toMatchObject({ after: 'cancelled' });
});

test('what the state of the job does not allow is refused with why, and nothing is done', async () => {
  const [id = ''] = await bench.seed({ state: 'succeeded' });

  const refused = await bench.send('POST', `/jobs/${id}/discard`, { payload: {} });

  expect(refused.json()).toMatchObject({ status: 409, code: 'ACTION_REFUSED' });
  expect(refused.json<{ detail: string }>().detail).toMatch(/dead/);
  expect((await bench.store.get(id))?.state).toBe('succeeded');
});

test('an unknown job, an unknown action and a wrong body are refused', async () => {
  const [id = ''] = await bench.seed({});
  const post = async (path: string, payload: object) => (await bench.send('POST', path, { payload })).json();

  expect(await post('/jobs/0198c0de-1111-7222-8333-0123456789ab/retry', {})).toMatchObject({
    code: 'JOB_NOT_FOUND',
  });
  expect(await post('/jobs/x/cancel', {})).toMatchObject({ code: 'JOB_NOT_FOUND' });
  expect(await post(`/jobs/${id}/explode`, {})).toMatchObject({ code: 'ROUTE_UNKNOWN' });
  expect(await post(`/jobs/${id}/cancel`, { why: 'x' })).toMatchObject({ status: 422 });
  expect(await post(`/jobs/${id}/cancel`, { reason: 'x'.repeat(1_001) })).toMatchObject({ status: 422 });
});

test.each([
  ['cancel', 'jobs:cancel', undefined],
  ['run-now', 'jobs:run', undefined],
  ['retry', 'failures:retry', 'dead'],
  ['retry', 'jobs:run', 'succeeded'],
  ['discard', 'failures:discard', 'dead'],
] as const)('%s needs %s', async (action, verb, state) => {
  const [id = ''] = await bench.seed(state === undefined ? {} : { state });
  const as = (role: string) => bench.send('POST', `/jobs/${id}/${action}`, { headers: { as: role } });

  const [viewer, nobody] = [await as('viewer'), await as('nobody')];

  expect(viewer.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  expect(viewer.json<{ detail: string }>().detail).toContain(verb);
  expect(nobody.json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  expect((await bench.store.get(id))?.generation).toBeUndefined();
});
