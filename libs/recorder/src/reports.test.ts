import type { RecordableEvent, RecordingReport } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createReports } from './reports.ts';

const NOW = 1_700_000_000_000;

/** Reports of a recorder, while as many events wait in the broker as a test says. */
function setUp({ waitingCount = 0 }: { waitingCount?: number } = {}) {
  const clock = createManualClock(NOW);
  const stopping = new AbortController();
  const broker = { waitingCount, inspect: async () => broker.waitingCount };
  const state = { isRefused: false };
  const noted: RecordingReport[] = [];
  const reports = createReports({
    broker: { inspectEvents: () => broker.inspect() },
    store: { noteRecording: async (report) => void noted.push(report) },
    clock,
    isRefused: () => state.isRefused,
    signal: stopping.signal,
  });
  const ended = reports.start();
  onTestFinished(async () => {
    stopping.abort();
    await ended;
  });
  return { clock, broker, state, noted, reports };
}

function eventAt(at: number): RecordableEvent {
  const base = { jobId: 'j', kind: 'k', queue: 'q', attempt: 1, maxAttempts: 3, createdAt: 0 };
  return { ...base, at, type: 'started', workerId: 'w' };
}

const recorded = async () => undefined;

test('while nothing waits, the ledger is up to date: reported at the start and every two seconds', async () => {
  const { clock, noted } = setUp();

  await clock.advance(4_000);

  expect(noted).toEqual([0, 2_000, 4_000].map((ms) => ({ at: NOW + ms, behindMs: 0 })));
});

test('while events wait, the last one that was recorded says how far the ledger is', async () => {
  const { clock, noted, reports } = setUp({ waitingCount: 9 });
  await reports.during([eventAt(NOW - 60_000), eventAt(NOW - 30_000)], recorded);

  await clock.advance(2_000);

  expect(noted).toEqual([{ at: NOW + 2_000, behindMs: 32_000 }]);
});

test('a batch that takes long counts as waiting', async () => {
  const { clock, noted, reports } = setUp();
  let end: () => void = () => undefined;
  await clock.advance(0);
  const batch = reports.during(
    [eventAt(NOW)],
    () =>
      new Promise((resolve) => {
        end = resolve;
      }),
  );

  await clock.advance(4_000);
  end();
  await batch;
  await clock.advance(2_000);

  expect(noted.map(({ behindMs }) => behindMs)).toEqual([0, 2_000, 4_000, 0]);
});

test('an event from a clock that is ahead does not hide that others wait', async () => {
  const { clock, broker, noted, reports } = setUp();
  await clock.advance(0);
  broker.waitingCount = 1;
  await reports.during([eventAt(NOW + 60_000)], recorded);

  await clock.advance(2_000);

  expect(noted.at(-1)).toEqual({ at: NOW + 2_000, behindMs: 2_000 });
});

test('a recorder that is given no events, though some wait, leaves reporting to another', async () => {
  const { clock, broker, noted } = setUp();
  await clock.advance(0);
  broker.waitingCount = 5;

  await clock.advance(10_000);

  expect(noted).toEqual([{ at: NOW, behindMs: 0 }]);
});

test('while the broker is away or late, or another ledger records its events, nothing is reported', async () => {
  const { clock, broker, state, noted } = setUp();
  await clock.advance(0);

  broker.inspect = () => Promise.reject(new Error('away'));
  await clock.advance(4_000);
  broker.inspect = () => new Promise(() => undefined);
  await clock.advance(4_000);
  broker.inspect = async () => 0;
  state.isRefused = true;
  await clock.advance(4_000);
  expect(noted).toHaveLength(1);

  state.isRefused = false;
  await clock.advance(2_000);
  expect(noted.at(-1)).toMatchObject({ behindMs: 0 });
});
