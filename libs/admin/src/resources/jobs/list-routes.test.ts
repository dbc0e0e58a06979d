import type { CompletionsView, JobCountsView, JobPageView } from '@leveret/http-contract/admin';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../../fixtures/admin-bench.ts';

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
  await bench.seed(
    ...Array.from({ length: 5 }, () => ({ queue: 'mail', kind: 'mail.send', state: 'dead' as const })),
    { queue: 'mail', kind: 'mail.digest', state: 'succeeded', entry: { tags: ['eu west', 'vip'] } },
    { queue: 'video', kind: 'video.thumbnails', delayMs: 3_600_000, workerId: 'w2' },
    { queue: 'video', kind: 'video.thumbnails', state: 'retrying', errorCode: 'say "no"' },
  );
});
afterAll(() => bench[Symbol.asyncDispose]());

const encoded = encodeURIComponent;

test('a list is read page by page', async () => {
  const first = await bench.get<JobPageView>(`/jobs?filter=${encoded('state:dead age:<1h')}&limit=3`);
  const next = await bench.get<JobPageView>(
    `/jobs?filter=${encoded('state:dead age:<1h')}&limit=3&cursor=${encoded(first.nextCursor ?? '')}`,
  );

  expect(first.jobs).toHaveLength(3);
  expect(next.jobs).toHaveLength(2);
  expect(next).not.toHaveProperty('nextCursor');
  expect(new Set([...first.jobs, ...next.jobs].map(({ id }) => id)).size).toBe(5);
  expect(first.jobs[0]).toMatchObject({
    state: 'dead',
    kind: 'mail.send',
    priority: 'normal',
    generation: 0,
    tags: [],
    errorCode: 'ECONNREFUSED',
    failureMessage: 'connect ECONNREFUSED 10.0.0.1:25',
    createdAt: expect.stringMatching(/^20.*Z$/),
  });
});

test('a wrong filter is refused with where the wrong term begins', async () => {
  const response = await bench.send('GET', `/jobs?filter=${encoded('state:dead quue:mail')}`);

  expect(response.headers['content-type']).toContain('application/problem+json');
  expect(response.json()).toMatchObject({ status: 400, code: 'FILTER_INVALID', position: 11 });
  expect(response.json<{ detail: string }>().detail).toContain('"quue:mail" has an unknown name');
});

test('a cursor of another list, and one that is none, are refused', async () => {
  const { nextCursor = '' } = await bench.get<JobPageView>('/jobs?limit=1');

  for (const url of [
    `/jobs?filter=state:dead&cursor=${nextCursor}`,
    '/jobs?cursor=x',
    '/jobs?cursor=zzzzzzzzzz.x',
  ])
    expect((await bench.send('GET', url)).json()).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
});

test.each(['limit=0', 'limit=501', 'limit=x', 'order=random', 'page=2'])('%s is refused', async (query) => {
  expect((await bench.send('GET', `/jobs?${query}`)).json()).toMatchObject({
    status: 422,
    code: 'PAYLOAD_INVALID',
  });
});

test('counts are by state, unless the filter has a condition on the state besides others than queue and kind', async () => {
  const all = await bench.get<JobCountsView>('/jobs/count?filter=state:dead');
  const some = await bench.get<JobCountsView>(`/jobs/count?filter=${encoded('kind:video.*')}`);
  const other = await bench.get<JobCountsView>(`/jobs/count?filter=${encoded('tag:vip')}`);
  const one = await bench.get<JobCountsView>(`/jobs/count?filter=${encoded('tag:vip state:succeeded')}`);

  expect(all).toMatchObject({
    count: 5,
    isExact: true,
    byState: { dead: 5, succeeded: 1, scheduled: 1, retrying: 1 },
  });
  expect(some.byState).toEqual({ scheduled: 1, retrying: 1 });
  expect(other).toMatchObject({ count: 1, byState: { succeeded: 1 } });
  expect(one).toMatchObject({ count: 1 });
  expect(one).not.toHaveProperty('byState');
});

test.each([
  ['', ['state:', 'queue:', 'kind:']],
  ['ki', ['kind:']],
  ['state:re', ['state:retrying']],
  ['state:dead,re', ['state:dead,retrying']],
  ['queue:', ['queue:mail', 'queue:video']],
  ['kind:mail', ['kind:mail.*', 'kind:mail.send', 'kind:mail.digest']],
  ['error:', ['error:ECONNREFUSED', 'error:"say \\"no\\""']],
  ['error:"say', ['error:"say \\"no\\""']],
  ['tag:', ['tag:"eu west"', 'tag:vip']],
  ['tag:"eu w', ['tag:"eu west"']],
  ['parent:0198', []],
  ['age:<1', ['age:<10m', 'age:<1h', 'age:<1d']],
  ['updated:>2', [`updated:>${new Date().toISOString().slice(0, 10)}`]],
  ['nothing:x', []],
])('%s goes on with what the ledger holds', async (typed, terms) => {
  const { completions } = await bench.get<CompletionsView>(`/jobs/completions?term=${encoded(typed)}`);

  const found = completions.map(({ term }) => term);
  expect(typed === '' ? found.slice(0, 3) : found).toEqual(terms);
  expect(completions.every(({ isWhole }) => isWhole === typed.includes(':'))).toBe(true);
});

test('completions say how many jobs they select, the most first', async () => {
  const { completions } = await bench.get<CompletionsView>('/jobs/completions?term=queue:');

  expect(completions).toEqual([
    { term: 'queue:mail', count: 6, isWhole: true },
    { term: 'queue:video', count: 2, isWhole: true },
  ]);
});
