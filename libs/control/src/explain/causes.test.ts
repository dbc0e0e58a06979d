import type { JobRecord, QueuePause, SeenWorker } from '@leveret/core';
import { expect, test } from 'vitest';
import { causesOf, type Surroundings } from './causes.ts';

const NOW = 1_000;
const worker: SeenWorker = {
  instanceId: 'i',
  workerId: 'w',
  host: 'h',
  pid: 1,
  version: '1',
  queues: ['q'],
  kinds: ['k'],
  concurrency: 1,
  startedAt: 0,
  seenAt: 0,
};
const pause: QueuePause = { queue: 'q', by: 'ann', at: 1 };

function causes(job: Partial<JobRecord>, over: Partial<Surroundings> = {}) {
  const base = {
    id: 'j',
    kind: 'k',
    queue: 'q',
    attempt: 0,
    maxAttempts: 3,
    settledAttempt: 0,
    createdAt: 0,
    updatedAt: 0,
  };
  return causesOf({
    details: { job: { ...base, state: 'queued', ...job }, attempts: [] },
    unroutable: undefined,
    pause: undefined,
    workers: [worker],
    broker: { state: 'up' },
    ready: 4,
    waitingEvents: 0,
    isControlAway: false,
    now: NOW,
    ...over,
  });
}

test('a job that waits for its turn', () => {
  expect(causes({})).toEqual([{ kind: 'waiting', about: 4 }]);
  expect(causes({}, { ready: undefined })).toEqual([]);
});

test('a job whose message could not be routed waits for nothing else, until something is known of that run, or of a later one', () => {
  const unroutable = { jobId: 'j', generation: 1, attempt: 2, run: 5, seq: 7, at: 9 };
  const job = { state: 'retrying', generation: 1, attempt: 1, settledAttempt: 1, dueAt: NOW + 5 } as const;
  const stuck = [{ kind: 'unroutable', since: 9, seq: 7 }];
  const kindsOf = (over: Partial<JobRecord>, unrouted = unroutable) =>
    causes({ ...job, ...over }, { unroutable: unrouted }).map(({ kind }) => kind);
  const newest = { attempt: 2, phase: 'end', run: 4, at: 1 } as const;

  expect(causes(job, { unroutable })).toEqual(stuck);
  expect(causes({ ...job, state: 'queued', newest }, { unroutable, pause })).toEqual([
    ...stuck,
    { kind: 'paused', pause },
  ]);
  expect(kindsOf({ state: 'queued', newest: { ...newest, run: 5 }, dueAt: NOW })).toEqual(['waiting']);
  expect(kindsOf({ settledAttempt: 2 })).toEqual(['delayed']);
  expect(kindsOf({ generation: 2 })).toEqual(['delayed']);
  expect(kindsOf({ state: 'running' })).toEqual(['running']);
});

test('a job that a relay publishes again does not wait for its message that could not be routed', () => {
  const unroutable = { jobId: 'j', generation: 0, attempt: 1, run: 0, seq: 7, at: 9 };
  const details = {
    job: {
      id: 'j',
      kind: 'k',
      queue: 'q',
      state: 'queued',
      attempt: 0,
      maxAttempts: 3,
      settledAttempt: 0,
      createdAt: 0,
      updatedAt: 0,
    },
    attempts: [],
    undispatchedSince: NOW - 5_000,
  } as const;

  expect(causes({}, { details, unroutable })).toMatchObject([{ kind: 'undispatched' }]);
});

test('several causes at the same time', () => {
  const details = {
    job: {
      id: 'j',
      kind: 'k',
      queue: 'q',
      state: 'scheduled',
      attempt: 0,
      maxAttempts: 3,
      settledAttempt: 0,
      createdAt: 0,
      updatedAt: 0,
      dueAt: NOW + 5,
    },
    attempts: [],
    undispatchedSince: 7,
  } as const;
  const broker = { state: 'down', code: 'BROKER_UNAVAILABLE', reason: 'refused' } as const;

  expect(causes({}, { details, pause, broker, workers: [], isControlAway: true, waitingEvents: 2 })).toEqual([
    { kind: 'undispatched', since: 7, broker },
    { kind: 'paused', pause },
    { kind: 'delayed', until: NOW + 5, because: 'delay' },
    { kind: 'no-worker-for-queue', queue: 'q' },
    { kind: 'control-away' },
    { kind: 'recorder-behind', waiting: 2 },
  ]);
});

test('a job that is being published is not told to be undispatched, one that the broker does not take is', () => {
  const job = {
    id: 'j',
    kind: 'k',
    queue: 'q',
    state: 'queued',
    attempt: 0,
    maxAttempts: 3,
    settledAttempt: 0,
    createdAt: 0,
    updatedAt: 0,
  } as const;
  const since = (undispatchedSince: number) => ({ details: { job, attempts: [], undispatchedSince } });

  expect(causes({}, since(NOW - 1_999))).toEqual([{ kind: 'waiting', about: 4 }]);
  expect(causes({}, since(NOW - 2_000))).toMatchObject([{ kind: 'undispatched' }]);
});

test('workers of the queue that do not know the kind', () => {
  const strangers = [{ ...worker, kinds: ['x'] }];

  expect(causes({}, { workers: strangers })).toEqual([
    { kind: 'no-worker-for-kind', jobKind: 'k', workers: strangers },
    { kind: 'waiting', about: 4 },
  ]);
});

test('a job that runs, on a worker that was seen or was not', () => {
  const running = { state: 'running', attempt: 2, workerId: 'w', startedAt: 5, runsOn: 'i' } as const;
  const cause = { kind: 'running', attempt: 2, workerId: 'w', since: 5 };

  expect(causes(running)).toEqual([{ ...cause, worker }]);
  expect(causes(running, { workers: [] })).toEqual([cause]);
});

test('a job that was cancelled while an attempt ran that has not ended', () => {
  const job = {
    id: 'j',
    kind: 'k',
    queue: 'q',
    state: 'cancelled',
    generation: 1,
    attempt: 1,
    maxAttempts: 3,
    settledAttempt: 0,
    createdAt: 0,
    updatedAt: 0,
    finishedAt: 9,
  } as const;
  const begun = { generation: 0, attempt: 1, startedAt: 5, workerId: 'w', instanceId: 'i' };
  const ended = { kind: 'ended', state: 'cancelled', since: 9 };

  expect(causes({}, { details: { job, attempts: [begun] } })).toEqual([
    { kind: 'aborting', attempt: 1, workerId: 'w', since: 5 },
    ended,
  ]);
  expect(causes({}, { details: { job, attempts: [begun] }, workers: [] })).toEqual([ended]);
  expect(
    causes({}, { details: { job, attempts: [{ ...begun, outcome: 'cancelled', endedAt: 6 }] } }),
  ).toEqual([ended]);
});

test('a dead job', () => {
  const failure = { code: 'HANDLER_FAILED', message: 'm' } as const;

  expect(causes({ state: 'dead', attempt: 3, failure, finishedAt: 9 })).toEqual([
    { kind: 'dead', attempts: 3, code: 'HANDLER_FAILED', message: 'm', since: 9 },
  ]);
});
