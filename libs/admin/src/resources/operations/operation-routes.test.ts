import { createControl } from '@leveret/control';
import { type JobReader, silentLogger } from '@leveret/core';
import type { OperationItemsView, OperationListView, OperationView } from '@leveret/http-contract/admin';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../../fixtures/admin-bench.ts';

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

/** The operation once it has ended. */
async function ended(id: string): Promise<OperationView> {
  const read = () => bench.get<OperationView>(`/operations/${id}`);
  await expect.poll(async () => (await read()).state).toMatch(/done|stopped/);
  return await read();
}

test('an operation on selected jobs is answered with 202, and is worked on', async () => {
  const [dead = '', done = ''] = await bench.seed({ state: 'dead' }, { state: 'succeeded' });

  const response = await bench.send('POST', '/operations', {
    payload: { action: 'discard', jobIds: [dead, done, dead.toUpperCase()], reason: 'no such mailbox' },
  });

  const { id } = response.json<OperationView>();
  expect(response.statusCode).toBe(202);
  expect(response.headers['location']).toBe(`/v1/admin/operations/${id}`);
  expect(await ended(id)).toMatchObject({
    ...{ action: 'discard', selection: 'by id', by: 'an admin', reason: 'no such mailbox' },
    ...{ state: 'done', total: 2, done: 1, skipped: 1, failed: 0, finishedAt: expect.any(String) },
  });
  const { items } = await bench.get<OperationItemsView>(`/operations/${id}/items`);
  expect(items).toMatchObject([
    { number: 1, jobId: dead, outcome: 'done' },
    { number: 2, jobId: done, outcome: 'skipped', reason: expect.stringContaining('succeeded') },
  ]);
  expect((await bench.store.get(dead))?.state).toBe('discarded');
});

test('a filter without a state selects the jobs that the action is for, as they are now', async () => {
  const [dead = '', retrying = ''] = await bench.seed(
    { queue: 'slow', state: 'dead' },
    { queue: 'slow', state: 'retrying' },
  );

  const { id, selection } = await bench.post<OperationView>('/operations', {
    action: 'retry',
    filter: 'queue:slow age:<1h',
    perSecond: 100,
  });

  expect(selection).toMatch(/^state:dead queue:slow created:>20.*Z$/);
  expect(await ended(id)).toMatchObject({ total: 1, done: 1, perSecond: 100 });
  expect((await bench.store.get(dead))?.state).toBe('queued');
  expect((await bench.store.get(retrying))?.state).toBe('retrying');
});

test('a retry of a group takes nothing that fails while its jobs are chosen', async () => {
  const dead = { queue: 'late', state: 'dead', errorCode: 'ELATE' } as const;
  const before = await bench.seed(...Array.from({ length: 1_200 }, () => dead));
  const late: string[] = [];
  const reader: JobReader = {
    ...bench.reader,
    async list(request) {
      const page = await bench.reader.list(request);
      const createdAt = Date.now() + 2_000;
      if (request.filter.queue === 'late') late.push(...(await bench.seed({ ...dead, createdAt })));
      return page;
    },
  };
  const control = createControl({ broker: bench.broker, store: bench.store, reader, logger: silentLogger });
  onTestFinished(() => control.close());

  const operation = await control.operations.start(
    { action: 'discard', selection: 'queue:late', by: 'ann' },
    { filter: { queue: 'late', states: ['dead'] } },
  );

  await control.operations.stop(operation.id, { by: 'ann' });

  expect(operation.total).toBe(before.length);
  expect(late.length).toBeGreaterThan(1);
  const last = await control.operations.items(operation.id, before.length, 1_000);
  expect(last.map(({ jobId }) => late.includes(jobId))).toEqual([false]);
});

test('an operation is stopped: jobs that are left stay as they are', async () => {
  await bench.seed(...Array.from({ length: 20 }, () => ({ queue: 'many', state: 'dead' as const })));

  const { id } = await bench.post<OperationView>('/operations', {
    action: 'discard',
    filter: 'queue:many',
    perSecond: 1,
  });
  const stopped = await bench.post<OperationView>(`/operations/${id}/stop`, { reason: 'wrong queue' });

  expect(stopped).toMatchObject({ state: 'stopped', total: 20 });
  expect(stopped.done).toBeLessThan(20);
  expect(await bench.store.audit({ limit: 5 })).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({ action: 'stop-operation', operationId: id, reason: 'wrong queue' }),
    ]),
  );
});

test('operations are listed, the newest first', async () => {
  const { operations } = await bench.get<OperationListView>('/operations?limit=2');

  expect(operations).toHaveLength(2);
  const [first, second] = operations.map(({ createdAt }) => Date.parse(createdAt));
  expect(first).toBeGreaterThanOrEqual(second ?? Number.NaN);
});

test('an operation needs the verb of its action', async () => {
  const post = async (role: string, payload: object) =>
    await bench.send('POST', '/operations', { payload, headers: { as: role } });

  for (const action of ['cancel', 'run-now', 'retry', 'discard', 'restore'])
    expect((await post('viewer', { action, filter: 'queue:mail' })).json()).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
    });
  expect((await post('operator', { action: 'retry', filter: 'queue:none' })).statusCode).toBe(202);
  const before = await bench.store.operations(500);
  expect(before.every(({ by }) => by !== 'an viewer')).toBe(true);
});

test('the verb of a retry follows from the states that it selects', async () => {
  const detailOf = async (filter: string) => {
    const payload = { action: 'retry', filter };
    const response = await bench.send('POST', '/operations', { payload, headers: { as: 'viewer' } });
    return response.json<{ detail: string }>().detail;
  };

  expect(await detailOf('queue:mail')).toContain('failures:retry');
  expect(await detailOf('state:succeeded')).toContain('jobs:run');
});

test.each([
  [{ action: 'retry' }, 'PAYLOAD_INVALID'],
  [
    { action: 'retry', filter: 'state:dead', jobIds: ['0198c0de-1111-7222-8333-0123456789ab'] },
    'PAYLOAD_INVALID',
  ],
  [{ action: 'retry', jobIds: ['x'] }, 'PAYLOAD_INVALID'],
  [{ action: 'explode', filter: 'state:dead' }, 'PAYLOAD_INVALID'],
  [{ action: 'retry', filter: 'quue:x' }, 'FILTER_INVALID'],
])('%j is refused', async (payload, code) => {
  const count = (await bench.store.operations(500)).length;

  expect((await bench.send('POST', '/operations', { payload })).json()).toMatchObject({ code });

  expect(await bench.store.operations(500)).toHaveLength(count);
});

test('an unknown operation is not found', async () => {
  const id = '0198c0de-4444-7222-8333-0123456789ab';
  for (const path of [`/operations/${id}`, `/operations/${id}/items`, '/operations/x'])
    expect((await bench.send('GET', path)).json()).toMatchObject({ code: 'OPERATION_NOT_FOUND' });
  expect((await bench.send('POST', `/operations/${id}/stop`)).json()).toMatchObject({
    code: 'OPERATION_NOT_FOUND',
  });
});

test('an operation whose jobs cannot be chosen is refused with why, and stopped', async () => {
  await using away = await openAdminBench();
  await away.reader.close();

  const refused = await away.send('POST', '/operations', {
    payload: { action: 'discard', filter: 'queue:mail' },
  });

  expect(refused.json()).toMatchObject({ status: 503, code: 'STORE_UNAVAILABLE' });
  await expect.poll(async () => (await away.store.operations(1))[0]?.state).toBe('stopped');
});

test('two loops of one process do not work on one operation at the same time: it keeps its rate', async () => {
  const jobIds = await bench.seed({ state: 'dead' }, { state: 'dead' }, { state: 'dead' });
  const { operations } = bench.control;
  const stopping = new AbortController();
  const { id } = await operations.start(
    { action: 'discard', selection: 'by id', by: 'ann', perSecond: 1 },
    { jobIds },
  );
  const begun = new Promise<void>((resolve) => {
    operations
      .work(id, { signal: stopping.signal, onProgress: () => resolve() })
      .catch((error: unknown) => expect.unreachable(String(error)));
  });
  await begun;

  const other = await operations.workNext();

  expect(other).toBeUndefined();
  expect((await operations.get(id)).done).toBe(1);
  stopping.abort();
});
