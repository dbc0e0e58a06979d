import {
  type Broker,
  type BrokerStatus,
  LeveretError,
  type LiveChannel,
  type StoreStatus,
  silentLogger,
  sleep,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { jobs, snapshot, worker } from '../../fixtures/observations.ts';
import type { LedgerSnapshot } from '../overview/ledger-snapshots.ts';
import { createFaultMonitor } from './fault-monitor.ts';

/** How long after its cause a fault must be there, in milliseconds. */
const WITHIN_MS = 15_000;

/** A monitor of an installation that a test changes; it has run for a minute, or for `ranMs`. */
async function startMonitor(ledger: Partial<LedgerSnapshot> = {}, ranMs = 60_000) {
  const clock = createManualClock();
  const now: {
    broker: BrokerStatus;
    store: StoreStatus;
    ledger: Partial<LedgerSnapshot> | undefined;
    ready: number;
    isControlAway: boolean;
    controlDelayMs: number;
  } = {
    ...{ broker: { state: 'up' }, store: { state: 'up' }, ledger, ready: 0 },
    ...{ isControlAway: false, controlDelayMs: 0 },
  };
  const live: Pick<LiveChannel, 'ask'> = {
    async ask() {
      if (now.isControlAway) return { kind: 'none' };
      if (now.controlDelayMs > 0) await sleep(clock, now.controlDelayMs);
      return { kind: 'answered', answer: {} };
    },
  };
  const broker: Pick<Broker, 'status' | 'inspect'> = {
    status: () => now.broker,
    inspect: async (queues) => queues.map((queue) => ({ queue, ready: now.ready, dead: 0 })),
  };
  const monitor = createFaultMonitor({
    broker: { ...broker, live } as Broker,
    store: {
      status: () => now.store,
      view: async () => ({ seq: 0, superseded: [], isComplete: true, supersededCount: 0, paused: [] }),
    },
    snapshots: {
      async current() {
        if (now.ledger === undefined) throw new LeveretError('STORE_UNAVAILABLE', 'away');
        return snapshot(now.ledger);
      },
    },
    dataFolders: [],
    clock,
    logger: silentLogger,
  });
  monitor.start();
  await clock.advance(ranMs);
  const kinds = () => monitor.current().faults.map(({ kind }) => kind);
  return { clock, now, monitor, kinds };
}

type Installation = Awaited<ReturnType<typeof startMonitor>>['now'];

test.each<[string, (now: Installation) => void]>([
  [
    'broker-away',
    (now) => Object.assign(now, { broker: { state: 'down', code: 'BROKER_UNAVAILABLE', reason: 'refused' } }),
  ],
  [
    'broker-blocked',
    (now) => Object.assign(now, { broker: { state: 'blocked', code: 'BROKER_BLOCKED', reason: 'memory' } }),
  ],
  ['ledger-away', (now) => Object.assign(now, { ledger: undefined })],
  [
    'ledger-away',
    (now) => Object.assign(now, { store: { state: 'down', code: 'STORE_UNAVAILABLE', reason: 'disk full' } }),
  ],
  ['recorder-away', (now) => Object.assign(now, { ledger: { lag: { isReported: false } } })],
  [
    'recorder-lagging',
    (now) => Object.assign(now, { ledger: { lag: { isReported: true, behindMs: 20_000 } } }),
  ],
  ['control-away', (now) => Object.assign(now, { isControlAway: true })],
  ['control-lagging', (now) => Object.assign(now, { controlDelayMs: 900 })],
  ['no-worker', (now) => Object.assign(now, { ledger: { counts: [jobs('queued', 1)], workers: [] } })],
  ['set-aside', (now) => Object.assign(now, { ledger: { setAside: { messages: 1, events: 0 } } })],
])('%s is there within 15 s of its cause, and gone within 15 s of its end', async (kind, begin) => {
  const { clock, now, monitor, kinds } = await startMonitor();
  const before = { ...now };
  expect(kinds()).toEqual([]);
  const causedAt = clock.now();
  begin(now);
  await clock.advance(WITHIN_MS);
  const during = monitor.current().faults;
  Object.assign(now, before);
  await clock.advance(WITHIN_MS);

  expect(during).toMatchObject([{ kind }]);
  const lateMs = Date.parse(during[0]?.since ?? '') - causedAt;
  expect(lateMs).toBeGreaterThanOrEqual(0);
  expect(lateMs).toBeLessThan(WITHIN_MS);
  expect(kinds()).toEqual([]);
  await monitor.stop();
});

test('that broker and ledger disagree is a fault after a minute', async () => {
  const { clock, now, kinds } = await startMonitor();
  now.ledger = { counts: [jobs('queued', 500)], workers: [worker] };
  await clock.advance(55_000);
  const before = kinds();
  await clock.advance(WITHIN_MS);

  expect([before, kinds()]).toEqual([[], ['depth-differs']]);
});

test('workers and recorders that start together with the process are not missed in its first 10 s', async () => {
  const ledger = { counts: [jobs('queued', 1)], workers: [], lag: { isReported: false } };
  const { clock, kinds } = await startMonitor(ledger, 9_000);
  const before = kinds();
  await clock.advance(WITHIN_MS);

  expect([before, kinds()]).toEqual([[], ['recorder-away', 'no-worker']]);
});

test('a monitor that has stopped looks no more', async () => {
  const { clock, monitor } = await startMonitor();
  await monitor.stop();

  expect(clock.pending()).toBe(0);
});
