import type { FailureGroupDetailsView, FailureGroupsView } from '@leveret/http-contract/admin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../../fixtures/admin-bench.ts';

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

test('groups are listed with their counts, the one that failed last first', async () => {
  const now = Date.now();
  await bench.seed(
    {
      state: 'dead',
      createdAt: now - 5_000,
      failure: 'no such mailbox ann@example.com',
      errorCode: 'EENVELOPE',
    },
    { state: 'dead', createdAt: now },
    { state: 'retrying', createdAt: now },
  );

  const { groups } = await bench.get<FailureGroupsView>('/failures');

  expect(groups).toMatchObject([
    {
      errorCode: 'ECONNREFUSED',
      retrying: 1,
      dead: 1,
      kinds: ['mail.send'],
      versions: [{ version: '1.0', firstSeenAt: expect.stringMatching(/Z$/) }],
      message: expect.stringContaining('ECONNREFUSED'),
      newJobs: 2,
    },
    { errorCode: 'EENVELOPE', dead: 1, newJobs: 1 },
  ]);
  const [{ trend } = expect.unreachable()] = groups;
  expect(Date.parse(trend.since) + trend.failures.length * trend.sliceMs).toBeGreaterThan(now);
  expect(trend.failures.reduce((sum, count) => sum + count)).toBe(2);
  expect((await bench.get<FailureGroupsView>('/failures?limit=1')).groups).toHaveLength(1);
});

test('a group says what differs between its jobs, and nothing of what is the same', async () => {
  await bench.seed(
    { state: 'dead', failure: 'disk 1 is full', errorCode: 'ENOSPC', version: '2.0', workerId: 'a' },
    {
      ...{ state: 'dead', failure: 'disk 2 is full', errorCode: 'ENOSPC', version: '2.0', workerId: 'b' },
      entry: { tags: ['eu'] },
    },
    { state: 'retrying', failure: 'disk 2 is full', errorCode: 'ENOSPC', version: '2.1', workerId: 'b' },
  );
  const { groups } = await bench.get<FailureGroupsView>('/failures');
  const { fingerprint = '' } = groups.find(({ errorCode }) => errorCode === 'ENOSPC') ?? {};

  const { group, sample, differs, compared } = await bench.get<FailureGroupDetailsView>(
    `/failures/${fingerprint}`,
  );

  expect(group).toMatchObject({ fingerprint, dead: 2, retrying: 1, newJobs: 3 });
  expect(sample).toMatchObject({ code: 'HANDLER_FAILED', stack: 'at send (mail.ts:1:1)' });
  expect(compared).toBe(3);
  expect(Object.fromEntries(differs.map(({ field, values }) => [field, values]))).toEqual({
    worker: [
      { value: 'b', count: 2 },
      { value: 'a', count: 1 },
    ],
    version: [
      { value: '2.0', count: 2 },
      { value: '2.1', count: 1 },
    ],
    message: [
      { value: 'disk 2 is full', count: 2 },
      { value: 'disk 1 is full', count: 1 },
    ],
    tag: [{ value: 'eu', count: 1 }],
  });
});

test('an unknown group is not found', async () => {
  expect((await bench.send('GET', '/failures/0000000000000000')).json()).toMatchObject({
    status: 404,
    code: 'FAILURE_GROUP_NOT_FOUND',
  });
});
