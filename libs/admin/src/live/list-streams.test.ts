import { type FeedReport, type JobSummary, LeveretError } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import type { Follower } from './follower.ts';
import { createListStreams } from './list-streams.ts';

function job(id: string, over: Partial<JobSummary> = {}): JobSummary {
  return {
    ...{ id, kind: 'k', queue: 'q', state: 'queued', attempt: 0, maxAttempts: 1 },
    ...{ createdAt: 0, updatedAt: 0 },
    ...over,
  };
}

/** Streams over a ledger of these jobs. */
function setUp(jobs: readonly JobSummary[] = []) {
  const clock = createManualClock();
  const ledger = { jobs, reads: 0, missedReads: 0, isAway: false };
  const streams = createListStreams({
    reader: {
      async summaries(ids) {
        ledger.reads += 1;
        if (ledger.isAway) throw new LeveretError('STORE_UNAVAILABLE', 'away');
        return ledger.jobs.filter(({ id }) => ids.includes(id));
      },
    },
    feed: {
      async since(number) {
        ledger.missedReads += 1;
        return { jobIds: ['a'], number: 9, isGap: number < 5 };
      },
    },
    clock,
  });
  const report = (over: Partial<FeedReport>) =>
    streams.onReport({ jobIds: [], number: 9, isGap: false, ...over });

  /** Follows a filter. */
  function follow(filter: string, after?: number) {
    const texts: string[] = [];
    const leave: (() => void)[] = [];
    const follower: Follower = {
      send: (text) => void texts.push(text),
      end: () => undefined,
      onGone: (onGone) => void leave.push(onGone),
    };
    streams.join(follower, filter, after);
    return { texts, events: () => texts.map((text) => /^event: (\w+)/.exec(text)?.[1]), leave };
  }
  return { clock, ledger, report, follow };
}

test('changed jobs are read once for all lists, and not at all when nobody follows', async () => {
  const { ledger, report, follow } = setUp([job('a')]);
  await report({ jobIds: ['a'] });
  const before = ledger.reads;
  const followers = Array.from({ length: 20 }, (_, index) => follow(index % 2 === 0 ? 'queue:q' : 'queue:r'));
  await report({});
  await report({ jobIds: ['a'] });
  for (const one of followers) for (const leave of one.leave) leave();
  await report({ jobIds: ['a'] });

  expect([before, ledger.reads]).toEqual([0, 1]);
  expect(followers.map(({ texts }) => texts.length)).toEqual(
    followers.map((_, index) => (index % 2 === 0 ? 2 : 1)),
  );
});

test('a job that leaves a list is gone, and one that cannot have been in it is not named', async () => {
  const { ledger, report, follow } = setUp([job('a'), job('b', { queue: 'other' })]);
  const { texts } = follow('queue:q state:queued');
  await report({});
  ledger.jobs = [job('a', { state: 'running' }), job('b', { queue: 'other', state: 'running' })];
  await report({ jobIds: ['a', 'b'], number: 12 });

  expect(texts.slice(1)).toEqual([
    'event: jobs\nid: 12\ndata: {"changed":[],"gone":["a"],"counts":true}\n\n',
  ]);
});

test('while more jobs change than can be named, followers are sent a gap at most once a second', async () => {
  const { clock, report, follow } = setUp();
  const { events } = follow('');
  await report({});
  for (let round = 0; round < 12; round += 1) {
    await report({ jobIds: Array.from({ length: 300 }, (_, index) => `${index}`) });
    await clock.advance(250);
  }

  expect(events()).toEqual(['gap', 'gap', 'gap', 'gap']);
});

test('a gap that was not due yet is sent later, also when nothing changes any more', async () => {
  const { clock, report, follow } = setUp([job('a')]);
  const { events } = follow('');
  const many = { jobIds: Array.from({ length: 300 }, (_, index) => `${index}`) };
  await report({});
  await report(many);
  await clock.advance(250);
  await report(many);
  await clock.advance(750);
  await report({});
  await report({ jobIds: ['a'] });

  expect(events()).toEqual(['gap', 'gap', 'gap', 'jobs']);
});

test('what cannot be read is a gap', async () => {
  const { ledger, report, follow } = setUp([job('a')]);
  const { events } = follow('');
  await report({});
  ledger.isAway = true;
  await report({ jobIds: ['a'] });

  expect(events()).toEqual(['gap', 'gap']);
});

test('followers that come back with the same number are read for once, and one with an old number is sent a gap', async () => {
  const { ledger, report, follow } = setUp([job('a')]);
  const back = Array.from({ length: 10 }, () => follow('', 6));
  const [old, fits, unselected] = [follow('', 1), follow('queue:q', 7), follow('queue:other', 7)];
  await report({});

  expect(ledger.missedReads).toBe(3);
  expect(back.map(({ events }) => events())).toEqual(back.map(() => ['jobs']));
  expect([old.events(), fits.events()]).toEqual([['gap'], ['jobs']]);
  expect(unselected.texts).toEqual([':\nid: 9\n\n']);
});
