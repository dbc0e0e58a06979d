import type { FeedReport, JobRecord, JobState, OnReport } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createJobWaits, MAX_WAITING } from './job-waits.ts';

function jobIn(state: JobState): JobRecord {
  return {
    ...{ id: 'j', kind: 'k', queue: 'q', state, attempt: 1, maxAttempts: 1, settledAttempt: 0 },
    ...{ createdAt: 0, updatedAt: 0 },
  };
}

/** Waits for one job in a ledger whose changes a test reports. */
function setUp(state: JobState = 'queued') {
  const clock = createManualClock();
  const ledger = { job: jobIn(state) as JobRecord | undefined, reads: 0 };
  const followers = new Set<OnReport>();
  const waits = createJobWaits({
    lookup: {
      async find() {
        ledger.reads += 1;
        return ledger.job;
      },
    },
    changes: {
      follow(onReport) {
        followers.add(onReport);
        return () => void followers.delete(onReport);
      },
      since: () => expect.unreachable(),
    },
    clock,
  });
  const report = async (changes: Partial<FeedReport>) => {
    for (const onReport of followers) await onReport({ jobIds: [], number: 1, isGap: false, ...changes });
    await clock.advance(0);
  };
  const wait = (waitMs = 20_000, { signal } = new AbortController()) => waits.untilEnded('j', waitMs, signal);
  return { clock, ledger, followers, waits, report, wait };
}

test.each<JobState>(['succeeded', 'dead', 'cancelled'])(
  'a job that becomes %s is answered when its change is reported',
  async (state) => {
    const { clock, ledger, followers, report, wait } = setUp();
    const waiting = wait();
    await clock.advance(5_000);
    ledger.job = jobIn(state);
    await report({ jobIds: ['other', 'j'] });

    expect((await waiting)?.state).toBe(state);
    expect(followers.size).toBe(0);
    expect(clock.pending()).toBe(0);
  },
);

test('a job that ended already, and one that is not there, are answered immediately', async () => {
  const { ledger, followers, wait } = setUp('succeeded');

  expect((await wait())?.state).toBe('succeeded');
  ledger.job = undefined;
  expect(await wait()).toBeUndefined();
  expect(followers.size).toBe(0);
});

test('after the time that was asked for, the job is answered as it is then', async () => {
  const { clock, ledger, report, wait } = setUp();
  const waiting = wait(3_000);
  await clock.advance(1_000);
  ledger.job = jobIn('running');
  await report({ jobIds: ['j'] });
  await clock.advance(2_000);

  expect((await waiting)?.state).toBe('running');
});

test('a job is read again when it was changed or changes are missing, and not when others were', async () => {
  const { clock, ledger, report, wait } = setUp();
  const waiting = wait();
  await clock.advance(0);
  const before = ledger.reads;
  await report({ jobIds: ['other'] });
  await report({});
  const afterOthers = ledger.reads;
  ledger.job = jobIn('succeeded');
  await report({ isGap: true });

  expect([before, afterOthers]).toEqual([2, 2]);
  expect((await waiting)?.state).toBe('succeeded');
});

test('a client that goes away waits no longer', async () => {
  const { clock, followers, wait } = setUp();
  const gone = new AbortController();
  const waiting = wait(20_000, gone);
  await clock.advance(0);
  gone.abort();
  await waiting;

  expect(followers.size).toBe(0);
  expect(clock.pending()).toBe(0);
});

test('a server that stops answers those who wait, and lets nobody wait any more', async () => {
  const { clock, waits, wait } = setUp();
  const waiting = wait();
  await clock.advance(0);
  waits.close();

  expect((await waiting)?.state).toBe('queued');
  expect((await wait())?.state).toBe('queued');
});

test('when many clients wait, a further one is answered immediately, and all others with one change', async () => {
  const { clock, ledger, report, wait } = setUp();
  const waiting = Array.from({ length: MAX_WAITING }, () => wait());
  await clock.advance(0);

  expect((await wait())?.state).toBe('queued');
  ledger.job = jobIn('succeeded');
  await report({ jobIds: ['j'] });
  expect(new Set((await Promise.all(waiting)).map((job) => job?.state))).toEqual(new Set(['succeeded']));
});
