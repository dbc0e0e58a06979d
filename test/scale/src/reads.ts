import { type LedgerContent, pick } from '@leveret/cli/bench';
import { systemRandom } from '@leveret/core';
import type { Problem } from '@leveret/http-contract';
import type { FailureGroupsView } from '@leveret/http-contract/admin';
import type { AdminClient } from './admin-client.ts';

/** A route as the page uses it: a path below `/v1/admin`, each time for another value where there are some. */
interface Read {
  readonly title: string;
  readonly path: () => string;
  /** Whether no index answers all of it: then the answer may be that the search was too broad. */
  readonly isUnindexed?: boolean;
}

/** What was measured of a route, in milliseconds. */
export interface MeasuredRead {
  readonly title: string;
  readonly isUnindexed: boolean;
  /** Of the answers that it is there for. */
  readonly durations: readonly number[];
  /** Of those that say that the search was too broad. */
  readonly tooBroad: readonly number[];
}

const PAGE_SIZE = 100;

/** Reads each route so often as `times` says. @throws {Error} for an answer that is neither what was asked for nor `QUERY_TOO_BROAD`. */
export async function measureReads(
  admin: AdminClient,
  content: LedgerContent,
  times: number,
): Promise<readonly MeasuredRead[]> {
  const { groups } = await admin.view<FailureGroupsView>('/failures');
  const fingerprints = groups.map(({ fingerprint }) => fingerprint);
  const measured: MeasuredRead[] = [];
  for (const read of [...routes(content, fingerprints), ...lists(content, fingerprints)])
    measured.push(await measureRead(admin, read, times));
  return measured;
}

async function measureRead(
  admin: AdminClient,
  { title, path, isUnindexed = false }: Read,
  times: number,
): Promise<MeasuredRead> {
  const durations: number[] = [];
  const tooBroad: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const asked = path();
    const { status, durationMs, body } = await admin.get(asked);
    if (status === 200) durations.push(durationMs);
    else if (status === 422 && (body as Problem).code === 'QUERY_TOO_BROAD') tooBroad.push(durationMs);
    else throw new Error(`GET ${asked}: ${status} ${JSON.stringify(body)}`);
  }
  return { title, isUnindexed, durations, tooBroad };
}

/** All routes but lists of jobs. */
function routes({ ids, queues }: LedgerContent, fingerprints: readonly string[]): readonly Read[] {
  const fixed = [
    ...['/session', '/overview', '/faults', '/failures', '/queues', '/workers', '/operations', '/audit'],
    ...['/set-aside/messages', '/set-aside/events', '/accounts', '/keys', '/sessions'],
  ].map((path) => ({ title: path, path: () => path }));
  const ofJob = ['', '/log', '/explanation', '/payload'].map((part) => ({
    title: `/jobs/{id}${part}`,
    path: () => `/jobs/${pick(ids, systemRandom)}${part}`,
  }));
  const ofQueue = ['10m', '1h', '6h'].map((range) => ({
    title: `/queues/{queue}?range=${range}`,
    path: () => `/queues/${pick(['bench', ...queues], systemRandom)}?range=${range}`,
  }));
  const completions = [
    '',
    's',
    'state:',
    'queue:',
    'kind:',
    'kind:m',
    'error:',
    'error:E1',
    'worker:',
    'tag:',
    'tag:tag-9',
  ].map((term) => ({
    title: `/jobs/completions?term=${term}`,
    path: () => `/jobs/completions?term=${encodeURIComponent(term)}`,
  }));
  return [
    ...fixed,
    ...ofJob,
    ...ofQueue,
    { title: '/failures/{fingerprint}', path: () => `/failures/${pick(fingerprints, systemRandom)}` },
    ...completions,
  ];
}

/** Lists of jobs and their counts, by filter: also of filters that select no job, and of those that no index answers. */
function lists(
  { kinds, queues, workers, tags, errorCodes, ids }: LedgerContent,
  fingerprints: readonly string[],
): readonly Read[] {
  const random = systemRandom;
  const filters: Readonly<Record<string, () => string>> = {
    '': () => '',
    'state:…': () => `state:${pick(['dead', 'retrying', 'running', 'succeeded'], random)}`,
    'state:dead,retrying': () => 'state:dead,retrying',
    'queue:…': () => `queue:${pick(queues, random)}`,
    'kind:…': () => `kind:${pick(kinds, random)}`,
    'kind:mail.*': () => 'kind:mail.*',
    'queue:… kind:… state:dead': () => `queue:${pick(queues, random)} kind:${pick(kinds, random)} state:dead`,
    'error:…': () => `error:${pick(errorCodes, random)}`,
    'fingerprint:…': () => `fingerprint:${pick(fingerprints, random)}`,
    'worker:…': () => `worker:${pick(workers, random)}`,
    'tag:…': () => `tag:${pick(tags, random)}`,
    'id:…': () => pick(ids, random).slice(0, 13),
    'updated:<1h': () => 'updated:<1h',
    'queue:mail updated:<1d': () => 'queue:mail updated:<1d',
    ...withoutMatch({
      state: 'expired',
      queue: 'none',
      kind: 'none',
      tag: 'none',
      error: 'NONE',
      worker: 'none',
    }),
  };
  const unindexed: typeof filters = {
    'error:… state:dead': () => `error:${pick(errorCodes, random)} state:dead`,
    'age:<1h': () => 'age:<1h',
    ...withoutMatch({ 'worker:worker-0 state': 'dead', 'tag:tag-0 state': 'dead', age: '>30d' }),
  };
  return [...readsOf(filters), ...readsOf(unindexed).map((read) => ({ ...read, isUnindexed: true }))];
}

function withoutMatch(terms: Readonly<Record<string, string>>): Readonly<Record<string, () => string>> {
  return Object.fromEntries(
    Object.entries(terms).map(([name, value]) => [`${name}:${value}, no match`, () => `${name}:${value}`]),
  );
}

/** A list and a count for each filter. */
function readsOf(filters: Readonly<Record<string, () => string>>): readonly Read[] {
  return Object.entries(filters).flatMap(([name, filter]) => {
    const query = () => `filter=${encodeURIComponent(filter())}`;
    return [
      {
        title: `/jobs?filter=${name}`,
        path: () =>
          `/jobs?${query()}&order=${pick(['newest-first', 'oldest-first'], systemRandom)}&limit=${PAGE_SIZE}`,
      },
      { title: `/jobs/count?filter=${name}`, path: () => `/jobs/count?${query()}` },
    ];
  });
}
