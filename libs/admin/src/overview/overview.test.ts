import { LeveretError } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import {
  faultHealth,
  faultList,
  type OverviewView,
  overview as overviewSchema,
} from '@leveret/http-contract/admin';
import { sampleEntry, sampleMessage, started } from '@leveret/testing';
import { expect, test } from 'vitest';
import { group, jobs, NOW, observation, snapshot, trendsOf } from '../../fixtures/observations.ts';
import { openDrivers, serveDrivers } from '../../fixtures/serve-admin.ts';
import type { LedgerSnapshot } from './ledger-snapshots.ts';
import { createOverview } from './overview.ts';

function overviewOf(ledger: LedgerSnapshot | undefined, faults: OverviewView['faults'] = []) {
  return createOverview({
    snapshots: {
      async current() {
        if (ledger === undefined) throw new LeveretError('STORE_UNAVAILABLE', 'away');
        return ledger;
      },
    },
    monitor: {
      current: () => ({ faults, checkedAt: new Date(NOW).toISOString() }),
      observed: () =>
        observation({ disks: [{ folder: '/data', freeBytes: 1_024 ** 4, totalBytes: 1_024 ** 4 }] }),
    },
    clock: createManualClock(NOW),
  });
}

test('the overview has counts, queues, groups that grow with the fastest first, what is set aside, and how dependencies are', async () => {
  const ledger = snapshot({
    counts: [jobs('queued', 2), jobs('queued', 3, 'other'), jobs('dead', 1)],
    groups: ['still', 'slow', 'fast'].map((fingerprint) => group({ fingerprint })),
    trends: trendsOf({ fast: 7, still: 0, slow: 2 }),
    setAside: { messages: 2, events: 1 },
    runningOperations: 1,
  });
  const view = await overviewOf(ledger).current();

  overviewSchema.parse(view);
  expect(view).toMatchObject({
    at: new Date(NOW).toISOString(),
    faults: [],
    dependencies: [
      { name: 'broker', state: 'up' },
      { name: 'ledger', state: 'up' },
      { name: 'recorder', state: 'up' },
      { name: 'control', state: 'up' },
      { name: 'disk', state: 'up', text: '1024.0 GiB left in /data' },
    ],
    ledger: {
      counts: { queued: 5, dead: 1 },
      queues: [{ queue: 'other' }, { queue: 'q' }],
      growing: [
        { fingerprint: 'fast', retrying: 10, newJobs: 7, trend: { failures: [0, 7] } },
        { fingerprint: 'slow', newJobs: 2 },
      ],
      setAside: 3,
      runningOperations: 1,
      lag: { behindMs: 0, isReported: true },
    },
  });
});

test('while the ledger is away, the overview has faults and dependencies', async () => {
  const fault: OverviewView['faults'][number] = {
    ...{ id: 'ledger-away', kind: 'ledger-away', severity: 'bad', text: 'The ledger cannot be used.' },
    ...{ detail: 'disk full', since: new Date(NOW).toISOString(), subject: {} },
  };
  const view = await overviewOf(undefined, [fault]).current();

  overviewSchema.parse(view);
  expect(view.ledger).toBeUndefined();
  expect(view.faults).toEqual([fault]);
  expect(view.dependencies).toContainEqual({ name: 'ledger', state: 'down', text: 'disk full' });
});

test('overview, faults and the health of faults are served from a real ledger, also when it is closed', async () => {
  const drivers = await openDrivers();
  const { store, reader, folder } = drivers;
  const message = { ...sampleMessage('mail'), createdAt: Date.now() - 3_600_000 };
  const { type: _type, ...base } = started(message);
  const failure = { code: 'HANDLER_FAILED', message: 'connect', errorCode: 'ECONNREFUSED' } as const;
  await store.accept([sampleEntry(message)]);
  await store.apply([{ ...base, type: 'retried', failure, delayMs: 60_000, attempt: 1 }]);
  await store.accept([sampleEntry({ ...sampleMessage('mail'), createdAt: Date.now() - 3_600_000 })]);
  await store.pauseQueue({ queue: 'video', by: 'ann' });
  const { url } = await serveDrivers(drivers, { dataFolders: [folder] });
  const read = async (path: string) => (await fetch(`${url}${path}`)).json();
  const kinds = async () => faultList.parse(await read('/v1/admin/faults')).faults.map(({ id }) => id);

  await expect.poll(kinds).toContain('waiting-too-long:mail');
  const { ledger } = overviewSchema.parse(await read('/v1/admin/overview'));
  expect(ledger).toMatchObject({
    counts: { queued: 1, retrying: 1 },
    queues: [{ queue: 'mail' }, { queue: 'video', pause: { by: 'ann' } }],
  });
  const health = faultHealth.parse(await read('/health/faults'));
  expect(health.status).toBe('faulty');
  expect(health.faults).toContainEqual({
    ...{ kind: 'waiting-too-long', severity: 'bad', count: 1 },
    since: expect.any(String),
  });
  expect(JSON.stringify(health)).not.toContain('mail');

  await reader.close();
  await expect.poll(kinds).toContain('ledger-away');
  expect(overviewSchema.parse(await read('/v1/admin/overview')).ledger).toBeUndefined();
});
