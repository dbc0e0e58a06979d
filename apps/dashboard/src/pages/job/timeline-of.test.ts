import { expect, test } from 'vitest';
import type { Attempt } from '../../api/job.ts';
import { type TimelineOf, timelineOf } from './timeline-of.ts';

const at = (seconds: number) => new Date(Date.parse('2026-03-01T12:00:00Z') + seconds * 1_000);

function attempt(number: number, more: Partial<Attempt>): Attempt {
  return { generation: 0, attempt: number, startedAt: undefined, endedAt: undefined, ...more };
}

function job(more: Partial<TimelineOf['job']>): TimelineOf['job'] {
  return { state: 'queued', generation: 0, createdAt: at(0), updatedAt: at(0), dueAt: undefined, ...more };
}

test('a job waits, runs, and is delayed until its next attempt', () => {
  const failure = { code: 'HANDLER_FAILED', message: 'refused', causes: [] };
  const first = attempt(1, { startedAt: at(1), endedAt: at(2), queueWaitMs: 1_000, failure });
  const second = attempt(2, { startedAt: at(65), endedAt: at(66), queueWaitMs: 3_000, failure });

  const stretches = timelineOf(
    { job: job({ state: 'retrying', dueAt: at(366) }), attempts: [first, second] },
    at(100),
  );

  expect(stretches.map(({ kind, from, until }) => [kind, (+until - +from) / 1_000])).toEqual([
    ['wait', 1],
    ['run', 1],
    ['delay', 60],
    ['wait', 3],
    ['run', 1],
    ['delay', 300],
  ]);
  expect(stretches.filter(({ isOpen }) => isOpen)).toHaveLength(1);
});

test('a job that runs goes on until now', () => {
  const running = attempt(1, { startedAt: at(1) });

  expect(timelineOf({ job: job({ state: 'running' }), attempts: [running] }, at(9)).at(-1)).toEqual({
    kind: 'run',
    from: at(1),
    until: at(9),
    attempt: 1,
    hasFailed: false,
    isOpen: true,
  });
});

test('a job that an operator runs again rested meanwhile', () => {
  const first = attempt(1, { startedAt: at(0), endedAt: at(1), outcome: 'succeeded' });
  const again = attempt(1, { generation: 1, startedAt: at(62), endedAt: at(63), queueWaitMs: 1_000 });

  const stretches = timelineOf({ job: job({ state: 'succeeded' }), attempts: [first, again] }, at(100));

  expect(stretches.map(({ kind }) => kind)).toEqual(['run', 'rest', 'wait', 'run']);
});

test('clocks that differ make no negative stretch', () => {
  const early = attempt(1, { startedAt: at(-5), endedAt: at(1) });

  expect(timelineOf({ job: job({ state: 'succeeded' }), attempts: [early] }, at(9))).toHaveLength(1);
});
