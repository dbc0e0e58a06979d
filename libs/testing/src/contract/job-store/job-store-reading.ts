import {
  encodePayload,
  type Failure,
  fingerprintOf,
  type JobFilter,
  type JobMessage,
  type JobReader,
  type JobRecord,
  type JobState,
  type JobStore,
  MAX_FAILURE_GROUPS,
  MAX_GROUP_VERSIONS,
  MAX_PAGE_JOBS,
  matchesFilter,
  mayMatchFilter,
  type RecordableEvent,
  systemClock,
  withParent,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshId } from '../broker/broker-under-test.ts';
import { awkwardText, sampleEntry, sampleMessage, started, succeeded } from '../sample-job.ts';
import type { JobStoreUnderTest } from './job-store-under-test.ts';

const KINDS = ['mail.send', 'mail.digest', 'video.thumbnails', 'mailing'];
const QUEUES = ['mail', 'video', 'mail-2'];
const TAGS = ['eu', 'us', 'vip', 'of nobody'];
const PARENTS = [freshId(), freshId()];
const WORKERS = ['worker-1', 'worker-2'];
const FAILURES: readonly Failure[] = [
  { code: 'HANDLER_FAILED', message: 'connect ECONNREFUSED 127.0.0.1:25', errorCode: 'ECONNREFUSED' },
  { code: 'HANDLER_FAILED', message: 'no such mailbox', errorCode: 'EENVELOPE' },
  { code: 'HANDLER_TIMEOUT', message: 'the handler took longer than 60 s' },
];
const JOB_COUNT = 400;
const FILTER_COUNT = 150;
/** The moment of the first job. */
const BASE = 1_700_000_000_000;

/** Holds a driver to the `JobReader` port, in a ledger of its own. */
export function describeReading(start: () => Promise<JobStoreUnderTest>): void {
  const pick = randomFrom(20_261_130);
  const choose = <T>(values: readonly T[]): T => values[Math.floor(pick() * values.length)] as T;
  let harness: JobStoreUnderTest;
  let store: JobStore;
  let reader: JobReader;
  let records: readonly JobRecord[];

  beforeAll(async () => {
    harness = await start();
    store = await harness.open(createManualClock());
    reader = await harness.openReader();
    const messages = Array.from({ length: JOB_COUNT }, (_, index) => ({
      ...sampleMessage(choose(QUEUES), { index }),
      kind: choose(KINDS),
      createdAt: BASE + Math.floor(index / 4) * 1_000,
      headers: choose([{}, ...PARENTS.map((parentId) => withParent({}, parentId))]),
    }));
    await store.accept(
      messages.map((message) => ({
        ...sampleEntry(message, choose([0, 0, 60_000])),
        ...choose([{}, { tags: ['eu'] }, { tags: ['us', 'vip'] }, { tags: ['vip', 'eu'] }]),
      })),
    );
    for (const message of messages) await store.apply(randomHistory(message));
    records = await Promise.all(
      messages.map(async ({ id }) => (await store.get(id)) ?? expect.unreachable()),
    );
  });
  afterAll(async () => {
    await reader.close();
    await store.close();
    await harness.dispose();
  });

  function randomHistory({ id: jobId, kind, queue, createdAt }: JobMessage): readonly RecordableEvent[] {
    const at = createdAt + Math.floor(pick() * 20) * 1_000;
    const shared = {
      jobId,
      kind,
      queue,
      attempt: 1,
      maxAttempts: 3,
      createdAt,
      at,
      workerId: choose(WORKERS),
    };
    const failure = choose(FAILURES);
    return choose<readonly RecordableEvent[]>([
      [],
      [{ ...shared, type: 'started' }],
      [{ ...shared, type: 'succeeded', result: null }],
      [{ ...shared, type: 'retried', failure, delayMs: 1_000 }],
      [{ ...shared, type: 'dead-lettered', failure }],
      [
        { ...shared, type: 'retried', failure, delayMs: 1_000 },
        { ...shared, type: 'succeeded', attempt: 2, at: at + 1_000, result: 'done' },
      ],
    ]);
  }

  /** Every page of a list. */
  async function pagesOf(filter: JobFilter, order: 'newest-first' | 'oldest-first', limit: number) {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await reader.list({ filter, order, limit, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.jobs.length).toBeLessThanOrEqual(limit);
      ids.push(...page.jobs.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return ids;
  }

  function expectedIds(filter: JobFilter, order: 'newest-first' | 'oldest-first'): readonly string[] {
    const sorted = records
      .filter((record) => isSelected(record, filter))
      .sort((one, other) => one.updatedAt - other.updatedAt || (one.id < other.id ? -1 : 1))
      .map(({ id }) => id);
    return order === 'oldest-first' ? sorted : sorted.reverse();
  }

  function statesOf(ids: readonly string[]): Partial<Record<JobState, number>> {
    const found: Partial<Record<JobState, number>> = {};
    for (const { id, state } of records) if (ids.includes(id)) found[state] = (found[state] ?? 0) + 1;
    return found;
  }

  function randomFilter(): JobFilter {
    const record = choose(records);
    const failure = choose(FAILURES);
    const createdFrom = BASE + Math.floor(pick() * 100_000);
    const parts: readonly JobFilter[] = [
      {
        states: choose<readonly JobState[]>([
          ['dead'],
          ['succeeded'],
          ['retrying', 'dead'],
          ['queued', 'running'],
        ]),
      },
      { queue: choose([...QUEUES, 'unknown']) },
      {
        kind: choose([
          ...KINDS.map((name) => ({ name, isPrefix: false })),
          { name: 'mail.', isPrefix: true },
        ]),
      },
      { errorCode: failure.errorCode ?? failure.code },
      { fingerprint: fingerprintOf(failure) },
      { worker: choose(WORKERS) },
      { parentId: choose([...PARENTS, 'unknown']) },
      { tags: choose([[choose(TAGS)], ['eu', 'vip']]) },
      { idPrefix: record.id.slice(0, choose([4, 14, 36])) },
      { created: { from: createdFrom, to: createdFrom + 30_000 } },
      { updated: choose([{ from: record.updatedAt }, { to: record.updatedAt }]) },
    ];
    return Object.assign({}, ...parts.filter(() => pick() < 0.25));
  }

  test('a job is read with its attempts, also those of earlier generations', async () => {
    const another = await start();
    const [ledger, ledgerReader] = [await another.open(createManualClock()), await another.openReader()];
    const message = { ...sampleMessage('attempts'), generation: 1 };
    const failure = { code: 'HANDLER_FAILED', message: awkwardText } as const;
    const begun = { ...started(message), generation: 1, instanceId: 'run-1', version: '1.2', at: BASE };
    const { type: _type, ...base } = begun;
    await ledger.apply([begun]);
    await ledger.apply([
      { ...begun, attempt: 2, at: BASE + 20 },
      { ...succeeded(message), at: BASE + 5 },
    ]);
    await ledger.apply([{ ...base, type: 'retried', failure, delayMs: 1, at: BASE + 10 }]);
    await ledger.apply([begun]);

    const { job, attempts } = (await ledgerReader.get(message.id)) ?? expect.unreachable();

    const { workerId, instanceId, version } = begun;
    const worker = { workerId, instanceId, version };
    expect(job).toEqual(await ledger.get(message.id));
    expect(attempts).toEqual([
      { generation: 0, attempt: 1, outcome: 'succeeded', endedAt: BASE + 5 },
      {
        ...{ generation: 1, attempt: 1, startedAt: BASE, endedAt: BASE + 10, outcome: 'retrying' },
        ...worker,
        failure: job.failure,
      },
      { generation: 1, attempt: 2, startedAt: BASE + 20, ...worker },
    ]);
    const { jobs } = await ledgerReader.list({ filter: {}, order: 'newest-first', limit: 5 });
    expect(jobs).toMatchObject([{ id: message.id, failureMessage: job.failure?.message }]);
    await ledgerReader.close();
    await ledger.close();
    await another.dispose();
  });

  test('a job is read as the ledger has it, and one that is not there is undefined', async () => {
    for (const record of records.slice(0, 50))
      expect(await reader.get(record.id)).toMatchObject({ job: record });
    expect(await reader.get('unknown')).toBeUndefined();
  });

  test('any combination of conditions selects the jobs that fulfil them, each on exactly one page and in order, and counts them', async () => {
    for (let number = 0; number < FILTER_COUNT; number += 1) {
      const filter = number === 0 ? {} : randomFilter();
      const order = choose(['newest-first', 'oldest-first'] as const);
      const ids = await pagesOf(filter, order, choose([7, 50, 500]));
      const expected = expectedIds(filter, order);
      expect({ filter, order, ids }).toEqual({ filter, order, ids: expected });
      expect({ filter, ...(await reader.count(filter)) }).toEqual({
        filter,
        count: expected.length,
        isExact: true,
        byState: statesOf(expected),
      });
    }
  });

  test('jobs are read by id as a list shows them, in the order asked for, and those that are not there are left out', async () => {
    const { jobs } = await reader.list({ filter: {}, order: 'oldest-first', limit: 50 });
    const ids = jobs.map(({ id }) => id);

    expect(await reader.summaries([])).toEqual([]);
    expect(await reader.summaries(['unknown', ...ids, sampleMessage('absent').id])).toEqual(jobs);
    const tooMany = Array.from({ length: MAX_PAGE_JOBS + 1 }, () => 'unknown');
    await expect(reader.summaries(tooMany)).rejects.toThrow(RangeError);
  });

  test('matchesFilter selects the same jobs as the ledger', async () => {
    const jobs = await reader.summaries(records.map(({ id }) => id));
    expect(jobs).toHaveLength(records.length);
    for (let number = 0; number < FILTER_COUNT; number += 1) {
      const filter = number === 0 ? {} : randomFilter();
      const selected = jobs.filter((job) => matchesFilter(job, filter));
      expect({ filter, ids: new Set(selected.map(({ id }) => id)) }).toEqual({
        filter,
        ids: new Set(await pagesOf(filter, 'newest-first', 500)),
      });
      expect(selected.filter((job) => !mayMatchFilter(job, filter))).toEqual([]);
    }
  });

  test('failures of one fingerprint are a group, with its retrying and dead jobs counted', async () => {
    const failed = records.filter(({ state, failure }) => failure && ['retrying', 'dead'].includes(state));
    const countOf = (fingerprint: string, state: JobState) =>
      failed.filter(
        (record) => record.state === state && fingerprintOf(record.failure as Failure) === fingerprint,
      ).length;
    const expected = FAILURES.map((failure) => ({
      fingerprint: fingerprintOf(failure),
      errorCode: failure.errorCode ?? failure.code,
      retrying: countOf(fingerprintOf(failure), 'retrying'),
      dead: countOf(fingerprintOf(failure), 'dead'),
      kinds: [...KINDS].sort(),
    }));

    const groups = await reader.failureGroups(MAX_FAILURE_GROUPS);

    const byFingerprint = (one: { fingerprint: string }, other: { fingerprint: string }) =>
      one.fingerprint < other.fingerprint ? -1 : 1;
    expect([...groups].sort(byFingerprint)).toMatchObject(expected.sort(byFingerprint));
    const seen = groups.map(({ lastSeenAt }) => lastSeenAt);
    expect(seen).toEqual([...seen].sort((one, other) => other - one));
    expect(await reader.failureGroups(1)).toEqual(groups.slice(0, 1));
    for (const group of groups) expect(await reader.failureGroup(group.fingerprint)).toEqual(group);
  });

  test('a group follows its jobs: retrying, dead, failed in another way, succeeded', async () => {
    const another = await start();
    const [ledger, ledgerReader] = [await another.open(createManualClock()), await another.openReader()];
    const message = sampleMessage('failures');
    const [failure = expect.unreachable(), other = expect.unreachable()] = FAILURES;
    const fingerprint = fingerprintOf(failure);
    const at = message.createdAt;
    const { type: _type, ...base } = started(message);
    const groupNow = () => ledgerReader.failureGroup(fingerprint);

    expect(await groupNow()).toBeUndefined();
    await ledger.apply([{ ...base, type: 'retried', failure, delayMs: 1, at }]);
    expect(await groupNow()).toEqual({
      fingerprint,
      errorCode: 'ECONNREFUSED',
      retrying: 1,
      dead: 0,
      firstSeenAt: at,
      lastSeenAt: at,
      kinds: [message.kind],
      versions: [],
      sample: { jobId: message.id, message: failure.message },
    });
    await ledger.apply([{ ...base, type: 'started', attempt: 2, at: at + 1 }]);
    expect(await groupNow()).toMatchObject({ retrying: 0, dead: 0, lastSeenAt: at });
    await ledger.apply([{ ...base, type: 'dead-lettered', failure, attempt: 2, at: at + 2 }]);
    expect(await groupNow()).toMatchObject({ retrying: 0, dead: 1, lastSeenAt: at + 2 });
    await ledger.apply([{ ...base, type: 'retried', failure: other, delayMs: 1, attempt: 3, at: at + 3 }]);
    expect(await groupNow()).toMatchObject({ retrying: 0, dead: 0, sample: { jobId: message.id } });
    expect(await ledgerReader.failureGroups(5)).toMatchObject([
      { fingerprint: fingerprintOf(other), retrying: 1 },
    ]);
    await ledger.apply([{ ...succeeded({ ...message, attempt: 4 }), at: at + 4 }]);
    expect(await ledgerReader.failureGroups(5)).toEqual([]);
    await ledgerReader.close();
    await ledger.close();
    await another.dispose();
  });

  test('a group has the versions whose attempts failed so, each once, and of many those that were met last', async () => {
    const another = await start();
    const [ledger, ledgerReader] = [await another.open(createManualClock()), await another.openReader()];
    const [failure = expect.unreachable(), other = expect.unreachable()] = FAILURES;
    const versions = Array.from({ length: MAX_GROUP_VERSIONS + 1 }, (_, index) => `1.${index}`);
    const retriedBy = (version: string, index: number): RecordableEvent => {
      const message = { ...sampleMessage('versions'), kind: choose(KINDS), createdAt: BASE + index };
      const { type: _type, ...base } = started(message);
      return { ...base, type: 'retried', failure, delayMs: 1, version, at: BASE + index };
    };
    const versionsNow = async (of: Failure) =>
      (await ledgerReader.failureGroup(fingerprintOf(of)))?.versions.map(({ version }) => version);

    const [first = expect.unreachable(), second = expect.unreachable()] = versions.map(retriedBy);
    await ledger.apply([{ ...first, type: 'dead-lettered', failure: other }, second]);
    await ledger.apply(['1.1', '1.1', '1.0'].map((version, index) => retriedBy(version, 10 + index)));
    expect((await ledgerReader.failureGroup(fingerprintOf(failure)))?.versions).toEqual([
      { version: '1.0', firstSeenAt: BASE + 12 },
      { version: '1.1', firstSeenAt: BASE + 1 },
    ]);
    expect(await versionsNow(other)).toEqual(['1.0']);

    await ledger.apply(versions.map(retriedBy));
    await ledger.apply(versions.map(retriedBy));
    expect(await versionsNow(failure)).toEqual([...versions.slice(2).reverse(), '1.0']);
    await ledgerReader.close();
    await ledger.close();
    await another.dispose();
  });

  test('a job in a list has what lists show, and neither payload nor result', async () => {
    const failed = records.find(({ state }) => state === 'dead') ?? expect.unreachable();
    const { jobs } = await reader.list({ filter: { idPrefix: failed.id }, order: 'newest-first', limit: 1 });
    const { id, kind, queue, state, attempt, maxAttempts, createdAt, updatedAt, finishedAt, failure } =
      failed;
    const { parentId, tags } = failed;
    const shared = {
      id,
      parentId,
      kind,
      queue,
      state,
      attempt,
      maxAttempts,
      createdAt,
      updatedAt,
      finishedAt,
      tags,
    };
    expect(jobs).toEqual([
      {
        ...shared,
        workerId: failed.workerId,
        errorCode: failure?.errorCode ?? failure?.code,
        fingerprint: failure && fingerprintOf(failure),
        failureMessage: failure?.message,
      },
    ]);
  });

  test('counts are exact, also after jobs have moved', async () => {
    const countAll = async () =>
      new Map(
        (await reader.counts()).map(({ queue, kind, state, count }) => [`${queue} ${kind} ${state}`, count]),
      );
    const expected = new Map<string, number>();
    for (const { queue, kind, state } of records) {
      const name = `${queue} ${kind} ${state}`;
      expected.set(name, (expected.get(name) ?? 0) + 1);
    }
    expect(await countAll()).toEqual(expected);

    const message = { ...sampleMessage('counted'), body: encodePayload(1) };
    await store.accept([sampleEntry(message)]);
    await store.accept([{ ...sampleEntry(message), isIdGiven: true }]);
    expect((await countAll()).get('counted contract.job queued')).toBe(1);
    const { id: jobId, kind, queue, createdAt } = message;
    const shared = { jobId, kind, queue, attempt: 1, maxAttempts: 3, createdAt, at: createdAt + 1 };
    await store.apply([{ ...shared, type: 'succeeded', result: null }]);
    await store.apply([{ ...shared, type: 'succeeded', result: null }]);
    const counts = await countAll();
    expect([counts.get('counted contract.job queued'), counts.get('counted contract.job succeeded')]).toEqual(
      [undefined, 1],
    );
  });

  test('says how far the ledger may be behind: what a recorder reports, more when that is long ago, and nothing when none did', async () => {
    const another = await start();
    const [ledger, ledgerReader] = [await another.open(createManualClock()), await another.openReader()];
    const before = await ledgerReader.lag();
    const now = systemClock.now();

    await ledger.noteRecording({ at: now + 60_000, behindMs: 700 });
    const recent = await ledgerReader.lag();
    await ledger.noteRecording({ at: now - 60_000, behindMs: 700 });
    const old = await ledgerReader.lag();

    expect(before).toEqual({ isReported: false });
    expect(recent).toEqual({ behindMs: 700, isReported: true });
    expect(old).toEqual({ behindMs: expect.any(Number), isReported: false });
    expect(old.behindMs).toBeGreaterThanOrEqual(60_700);
    expect(old.behindMs).toBeLessThan(120_000);
    await ledgerReader.close();
    await ledger.close();
    await another.dispose();
  });

  test('a cursor of another list is refused, and so is a limit out of bounds', async () => {
    const order = 'newest-first';
    const { nextCursor: cursor = expect.unreachable() } = await reader.list({ filter: {}, order, limit: 1 });
    const refused = { code: 'CURSOR_INVALID' };
    await expect(reader.list({ filter: {}, order: 'oldest-first', limit: 1, cursor })).rejects.toMatchObject(
      refused,
    );
    await expect(reader.list({ filter: { queue: 'mail' }, order, limit: 1, cursor })).rejects.toMatchObject(
      refused,
    );
    for (const odd of ['', 'x', 'bnVsbA', 'WzEsMiwzXQ', '\0'.repeat(10_000)])
      await expect(reader.list({ filter: {}, order, limit: 1, cursor: odd })).rejects.toMatchObject(refused);
    for (const limit of [0, 501, 1.5, Number.NaN])
      await expect(reader.list({ filter: {}, order, limit })).rejects.toThrow(RangeError);
  });

  test('a reader that is closed answers that the ledger cannot be read', async () => {
    const other = await harness.openReader();
    await Promise.all([other.close(), other.close()]);
    await expect(other.counts()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
}

function isSelected(record: JobRecord, filter: JobFilter): boolean {
  const {
    states,
    queue,
    kind,
    errorCode,
    fingerprint,
    worker,
    parentId,
    tags = [],
    idPrefix,
    created,
    updated,
  } = filter;
  const { failure } = record;
  return [
    states === undefined || states.includes(record.state),
    queue === undefined || record.queue === queue,
    kind === undefined || (kind.isPrefix ? record.kind.startsWith(kind.name) : record.kind === kind.name),
    errorCode === undefined || (failure && (failure.errorCode ?? failure.code)) === errorCode,
    fingerprint === undefined || (failure && fingerprintOf(failure)) === fingerprint,
    worker === undefined || record.workerId === worker,
    parentId === undefined || record.parentId === parentId,
    tags.every((tag) => record.tags?.includes(tag)),
    idPrefix === undefined || record.id.startsWith(idPrefix),
    isWithin(record.createdAt, created),
    isWithin(record.updatedAt, updated),
  ].every(Boolean);
}

function isWithin(
  moment: number,
  { from = 0, to = Number.POSITIVE_INFINITY }: JobFilter['created'] = {},
): boolean {
  return moment >= from && moment < to;
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32, by Tommy Ettinger. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
