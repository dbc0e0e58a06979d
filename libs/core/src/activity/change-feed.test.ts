import { expect, test } from 'vitest';
import { LeveretError } from '../errors/errors.ts';
import { silentLogger } from '../logging/logger.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { MAX_JOB_CHANGES } from './activity-reader.ts';
import { createChangeFeed, FEED_EVERY_MS, type FeedReport } from './change-feed.ts';

/** Before the first change that the ledger keeps. */
const START = 100;

/** A feed over a ledger in memory that keeps all changes. */
function setUp() {
  const clock = createManualClock();
  const changed: string[] = [];
  const ledger = { isAway: false, readCount: 0 };
  const warnings: string[] = [];
  const feed = createChangeFeed({
    activity: {
      async changes(after, limit) {
        ledger.readCount += 1;
        if (ledger.isAway) throw new LeveretError('STORE_UNAVAILABLE', 'away');
        const newest = START + changed.length;
        const isGap = after < START || after > newest;
        if (isGap) return { changes: [], newest, isGap };
        const numbered = changed.map((jobId, index) => ({ jobId, number: START + index + 1 }));
        return { changes: numbered.filter(({ number }) => number > after).slice(0, limit), newest, isGap };
      },
    },
    clock,
    logger: { ...silentLogger, warn: (_fields, message) => warnings.push(message) },
  });
  /** Follows, and keeps what is reported. */
  function follow() {
    const reports: FeedReport[] = [];
    const stop = feed.follow((report) => void reports.push(report));
    return { reports, stop, jobIds: () => reports.flatMap(({ jobIds }) => jobIds) };
  }
  return { clock, changed, ledger, warnings, feed, follow };
}

test('a follower first learns where it begins, and then which jobs are changed', async () => {
  const { clock, changed, follow } = setUp();
  changed.push('before');
  const { reports } = follow();
  await clock.advance(0);
  changed.push('a', 'b', 'a');
  await clock.advance(FEED_EVERY_MS);
  await clock.advance(FEED_EVERY_MS);

  expect(reports).toEqual([
    { jobIds: [], number: START + 1, isGap: true },
    { jobIds: ['a', 'b'], number: START + 4, isGap: false },
    { jobIds: [], number: START + 4, isGap: false },
  ]);
});

test('the ledger is read once for all followers, and only while there is one', async () => {
  const { clock, ledger, follow } = setUp();
  const followers = Array.from({ length: 50 }, follow);
  await clock.advance(FEED_EVERY_MS * 3);
  const readCount = ledger.readCount;
  for (const { stop } of followers) stop();
  await clock.advance(FEED_EVERY_MS * 10);

  expect(readCount).toBe(4);
  expect(ledger.readCount).toBe(4);
  expect(clock.pending()).toBe(0);
});

test('who follows later begins with a gap, and misses nothing that comes after it', async () => {
  const { clock, changed, follow } = setUp();
  follow();
  await clock.advance(FEED_EVERY_MS);
  const late = follow();
  changed.push('a');
  await clock.advance(FEED_EVERY_MS);
  changed.push('b');
  await clock.advance(FEED_EVERY_MS);

  expect(late.reports[0]).toEqual({ jobIds: [], number: START + 1, isGap: true });
  expect(late.jobIds()).toEqual(['b']);
});

test('who follows again after a pause begins with a gap', async () => {
  const { clock, changed, follow } = setUp();
  const first = follow();
  await clock.advance(FEED_EVERY_MS);
  first.stop();
  await clock.advance(FEED_EVERY_MS);
  changed.push('missed');
  const { reports } = follow();
  await clock.advance(0);

  expect(reports).toEqual([{ jobIds: [], number: START + 1, isGap: true }]);
});

test('more changes than one answer has are reported together', async () => {
  const { clock, changed, follow } = setUp();
  const { reports } = follow();
  await clock.advance(0);
  changed.push(...Array.from({ length: MAX_JOB_CHANGES * 3 }, (_, index) => `job ${index}`));
  await clock.advance(FEED_EVERY_MS);

  expect(reports[1]?.jobIds).toHaveLength(MAX_JOB_CHANGES * 3);
});

test('while the ledger is away nothing is reported and that is logged once; afterwards nothing is missing', async () => {
  const { clock, changed, ledger, warnings, follow } = setUp();
  const { reports, jobIds } = follow();
  await clock.advance(0);
  ledger.isAway = true;
  changed.push('a');
  await clock.advance(10_000);
  const reported = reports.length;
  ledger.isAway = false;
  await clock.advance(1_000);

  expect(reported).toBe(1);
  expect(warnings).toHaveLength(1);
  expect(jobIds()).toEqual(['a']);
});

test('a follower that fails does not keep reports from others, and one that is slow delays the next report', async () => {
  const { clock, changed, feed, follow } = setUp();
  let finish: () => void = () => undefined;
  let calls = 0;
  feed.follow(() => {
    throw new Error('broken');
  });
  feed.follow(() => {
    calls += 1;
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  const { jobIds } = follow();
  await clock.advance(FEED_EVERY_MS);
  changed.push('a');
  await clock.advance(FEED_EVERY_MS * 4);
  const callsWhileSlow = calls;
  finish();
  await clock.advance(FEED_EVERY_MS);

  expect(callsWhileSlow).toBe(1);
  expect(jobIds()).toEqual(['a']);
});

test('what was changed since a number is read, and too much of it is a gap', async () => {
  const { changed, feed } = setUp();
  changed.push('a', 'b', 'c');

  expect(await feed.since(START + 1)).toEqual({ jobIds: ['b', 'c'], number: START + 3, isGap: false });
  expect(await feed.since(START + 3)).toEqual({ jobIds: [], number: START + 3, isGap: false });
  expect(await feed.since(0)).toEqual({ jobIds: [], number: START + 3, isGap: true });
  changed.push(...Array.from({ length: MAX_JOB_CHANGES + 1 }, (_, index) => `job ${index}`));
  expect(await feed.since(START + 3)).toMatchObject({ jobIds: [], isGap: true });
});
