import { SLOW_CONTROL_MS } from '@leveret/control';
import { expect, test } from 'vitest';
import { group, jobs, NOW, observation, ratesOf, worker } from '../../fixtures/observations.ts';
import type { LedgerSnapshot } from '../overview/ledger-snapshots.ts';
import { type Finding, faultIdOf } from './fault.ts';
import { findFaults } from './find-faults.ts';
import type { Observation } from './observation.ts';
import { DEFAULT_WAITING_LIMITS } from './waiting-limits.ts';

const GIB = 1_024 ** 3;

function findings(
  over: Partial<Observation> = {},
  ledger: Partial<LedgerSnapshot> = {},
  limits = DEFAULT_WAITING_LIMITS,
): readonly Finding[] {
  return findFaults(observation(over, ledger), limits).findings;
}

/** Ids and texts. */
function texts(...asked: Parameters<typeof findings>): readonly string[] {
  return findings(...asked).map((finding) => `${faultIdOf(finding)}: ${finding.text}`);
}

function ids(...asked: Parameters<typeof findings>): readonly string[] {
  return findings(...asked).map(faultIdOf);
}

test('nothing is wrong', () => {
  expect(texts()).toEqual([]);
});

test('a broker that is away or blocked', () => {
  expect(
    findings({
      broker: { state: 'down', code: 'BROKER_UNAVAILABLE', reason: 'refused' },
      control: undefined,
    }),
  ).toMatchObject([{ kind: 'broker-away', severity: 'bad', detail: 'refused' }]);
  expect(findings({ broker: { state: 'blocked', code: 'BROKER_BLOCKED', reason: 'memory' } })).toMatchObject([
    { kind: 'broker-blocked', severity: 'bad', detail: 'memory' },
  ]);
});

test('a ledger that cannot be read or cannot be written', () => {
  expect(findings({ ledger: { reason: 'no such file' } })).toMatchObject([
    { kind: 'ledger-away', detail: 'no such file' },
  ]);
  expect(
    findings({ store: { state: 'down', code: 'STORE_UNAVAILABLE', reason: 'the disk is full' } }),
  ).toMatchObject([{ kind: 'ledger-away', detail: 'the disk is full' }]);
});

test('while the ledger cannot be written, recorders and workers that it does not note are not known to be away', () => {
  const silent = {
    lag: { isReported: false, behindMs: 90_000 },
    counts: [jobs('queued', 1)],
    workers: [],
  };
  const away = observation(
    { store: { state: 'down', code: 'STORE_UNAVAILABLE', reason: 'the file is gone' } },
    silent,
  );

  const { findings, unknown } = findFaults(away, DEFAULT_WAITING_LIMITS);

  expect(findings.map(faultIdOf)).toEqual(['ledger-away']);
  expect(unknown).toEqual(new Set(['recorder-away', 'recorder-lagging', 'no-worker']));
});

test('a recorder that is away, refused or behind', () => {
  expect(texts({}, { lag: { isReported: false, behindMs: 90_000 } })).toEqual([
    'recorder-away: No recorder writes to the ledger for 1 min 30 s: states of jobs are out of date.',
  ]);
  expect(findings({ recorderRefusal: 'another ledger records' })).toMatchObject([
    { kind: 'recorder-away', detail: 'another ledger records' },
  ]);
  expect(ids({}, { lag: { isReported: true, behindMs: 10_000 } })).toEqual([]);
  expect(texts({}, { lag: { isReported: true, behindMs: 10_001 } })).toEqual([
    'recorder-lagging: The ledger is 10 s behind: states of jobs are shown as they were then.',
  ]);
});

test('that no recorder reports is the fault of a broker that is away', () => {
  const lag = { isReported: false, behindMs: 90_000 };

  expect(ids({ broker: { state: 'down', code: 'BROKER_UNAVAILABLE', reason: 'refused' } }, { lag })).toEqual([
    'broker-away',
  ]);
});

test('control that is away or slow', () => {
  expect(ids({ control: { state: 'away' } })).toEqual(['control-away']);
  expect(texts({ control: { state: 'up', delayMs: SLOW_CONTROL_MS } })).toEqual([]);
  expect(texts({ control: { state: 'up', delayMs: 800.4 } })).toEqual([
    'control-lagging: Workers wait 800 ms for an answer of control: they start jobs late.',
  ]);
});

test('a disk below 10 % or 1 GiB', () => {
  const disk = (freeBytes: number, totalBytes: number) =>
    texts({ disks: [{ folder: '/data', freeBytes, totalBytes }] });

  expect(disk(10 * GIB, 100 * GIB)).toEqual([]);
  expect(disk(1 * GIB, 5 * GIB)).toEqual([]);
  expect(disk(9.9 * GIB, 100 * GIB)).toEqual([
    'disk-low:/data: The disk of /data has 9.9 GiB left, 9 % of it.',
  ]);
  expect(disk(GIB / 2, 2 * GIB)).toEqual(['disk-low:/data: The disk of /data has 512 MiB left, 25 % of it.']);
});

test('messages and events that are set aside', () => {
  expect(texts({}, { setAside: { messages: 3, events: 1 } })).toEqual([
    'set-aside: 3 messages and 1 event are set aside, because they could not be read or routed.',
  ]);
  expect(texts({}, { setAside: { messages: 1, events: 0 } })).toEqual([
    'set-aside: 1 message is set aside, because it could not be read or routed.',
  ]);
});

test('a queue with jobs and without a worker', () => {
  expect(findings({}, { counts: [jobs('queued', 2), jobs('retrying', 1)], workers: [] })).toMatchObject([
    {
      severity: 'bad',
      text: 'No worker consumes the queue q: 3 jobs of it cannot run.',
      subject: { queue: 'q' },
    },
  ]);
  expect(findings({}, { counts: [jobs('scheduled', 1)], workers: [] })).toMatchObject([
    { kind: 'no-worker', severity: 'warn' },
  ]);
  expect(ids({}, { counts: [jobs('dead', 5), jobs('succeeded', 5)], workers: [] })).toEqual([]);
  expect(ids({}, { counts: [jobs('queued', 1, 'other')] })).toEqual(['no-worker:other']);
});

test('while a process starts, workers and recorders that are not seen yet are no fault', () => {
  const ledger = { counts: [jobs('queued', 1)], workers: [], lag: { isReported: false } };

  expect(ids({ isStarting: true }, ledger)).toEqual([]);
  expect(ids({}, ledger)).toEqual(['recorder-away', 'no-worker:q']);
});

test('a job that waits longer than the limit of its queue', () => {
  const oldestWaiting = [{ queue: 'q', readyAt: NOW - 300_001 }];
  const pauses = [{ queue: 'q', by: 'ann', at: NOW, reason: 'mail server is down' }];
  const limits = { defaultMs: 300_000, byQueue: new Map([['q', 600_000]]) };

  expect(texts({}, { oldestWaiting: [{ queue: 'q', readyAt: NOW - 300_000 }] })).toEqual([]);
  expect(texts({}, { oldestWaiting })).toEqual([
    'waiting-too-long:q: The oldest job of the queue q has waited for 5 min.',
  ]);
  expect(texts({}, { oldestWaiting }, limits)).toEqual([]);
  expect(findings({}, { oldestWaiting, pauses })).toMatchObject([
    {
      severity: 'warn',
      text: 'The oldest job of the queue q has waited for 5 min: ann has paused the queue.',
      detail: 'mail server is down',
    },
  ]);
});

test.each([
  ['half of twenty', [{ succeeded: 10, failedAttempts: 10 }], true],
  ['fewer than half', [{ succeeded: 11, failedAttempts: 10 }], false],
  ['ten of ten', [{ failedAttempts: 10 }], true],
  ['nine of nine', [{ failedAttempts: 9 }], false],
  ['many, but the last twenty succeeded', [{ succeeded: 20 }, { failedAttempts: 1_000 }], false],
  ['none, but the last twenty failed', [{ failedAttempts: 20 }, { succeeded: 1_000 }], true],
  ['ten in five minutes', Array.from({ length: 10 }, () => ({ failedAttempts: 1 })), true],
])('a kind of which %s attempts failed', (_name, newestFirst, isFault) => {
  expect(ids({}, { rates: ratesOf(newestFirst) })).toEqual(isFault ? ['kind-failing:k'] : []);
});

test('attempts that ended more than five minutes ago do not count', () => {
  const old = [...Array.from({ length: 30 }, () => ({})), { failedAttempts: 100 }];

  expect(ids({}, { rates: ratesOf(old) })).toEqual([]);
});

test('a kind that fails is named with the error code of its largest group of failures', () => {
  const groups = [
    group({ errorCode: 'SMALL', retrying: 1 }),
    group({ errorCode: 'OTHER', kinds: ['other'], retrying: 99 }),
    group({ errorCode: 'OLD', lastSeenAt: NOW - 300_001, retrying: 99 }),
    group({
      sample: { jobId: '0198c0de-1111-7222-8333-0123456789ab', message: 'connect ECONNREFUSED 10.0.4.7:587' },
    }),
  ];

  expect(findings({}, { rates: ratesOf([{ failedAttempts: 1_486 }]), groups })).toMatchObject([
    {
      text: 'k fails with ECONNREFUSED: 1,486 of its last 1,486 attempts failed.',
      detail: 'connect ECONNREFUSED *',
      subject: { kind: 'k', queue: 'q', errorCode: 'ECONNREFUSED', fingerprint: 'f' },
    },
  ]);
});

test('a kind that fails in several queues is a fault of none of them', () => {
  const { queues, ...rates } = ratesOf([{ failedAttempts: 12 }]);
  const others = queues.map((queue) => ({ ...queue, queue: 'other' }));

  const [found] = findings({}, { rates: { ...rates, queues: [...queues, ...others] } });

  expect(found?.subject).toEqual({ kind: 'k' });
});

test.each([
  ['as many messages as queued jobs', { ready: 5_000 }, {}, false],
  ['fewer, within a tenth', { ready: 4_500 }, {}, false],
  ['fewer than queued jobs', { ready: 4_000 }, {}, true],
  ['more than the ledger knows', { ready: 9_000 }, {}, true],
  ['more, because retries are due', { ready: 9_000 }, { counts: [jobs('retrying', 4_000)] }, false],
  ['more, because jobs were cancelled', { ready: 9_000, superseded: 4_000 }, {}, false],
  ['fewer, while the ledger is behind', { ready: 0 }, { lag: { isReported: true, behindMs: 6_000 } }, false],
])('a broker that holds %s', (_name, depth, ledger, isFault) => {
  const counts = [jobs('queued', 5_000), ...(('counts' in ledger && ledger.counts) || [])];
  const depths = [{ queue: 'q', superseded: 0, ...depth }];

  expect(ids({ depths }, { ...ledger, counts })).toEqual(isFault ? ['depth-differs:q'] : []);
});

test('messages that workers have fetched are not missing', () => {
  const workers = Array.from({ length: 50 }, () => worker);
  const depths = [{ queue: 'q', ready: 0, superseded: 0 }];

  expect(ids({ depths }, { counts: [jobs('queued', 400)], workers })).toEqual([]);
  expect(ids({ depths }, { counts: [jobs('queued', 400)] })).toEqual(['depth-differs:q']);
});

test('what cannot be seen while ledger, broker or control are away is not known', () => {
  const unknown = (over: Partial<Observation>) => [
    ...findFaults(observation(over), DEFAULT_WAITING_LIMITS).unknown,
  ];

  expect(unknown({})).toEqual([]);
  expect(unknown({ ledger: { reason: 'away' } })).toEqual([
    ...['recorder-away', 'recorder-lagging', 'no-worker', 'waiting-too-long', 'kind-failing', 'set-aside'],
    'depth-differs',
  ]);
  expect(
    unknown({
      broker: { state: 'down', code: 'BROKER_UNAVAILABLE', reason: 'refused' },
      control: undefined,
      depths: undefined,
    }),
  ).toEqual(['recorder-away', 'recorder-lagging', 'control-away', 'control-lagging', 'depth-differs']);
});
