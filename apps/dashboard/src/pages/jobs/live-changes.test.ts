import { expect, test } from 'vitest';
import type { Job } from '../../api/jobs.ts';
import { NO_CHANGES, withChanges } from './live-changes.ts';

const AT = new Date('2026-03-01T12:00:00Z');

function job(id: string, more: Partial<Job> = {}): Job {
  return {
    ...{ id, kind: 'mail.send', queue: 'mail', priority: 'normal', state: 'queued', tags: [] },
    ...{ generation: 0, attempt: 0, maxAttempts: 5, createdAt: AT, updatedAt: AT },
    ...{ startedAt: undefined, finishedAt: undefined, dueAt: undefined },
    ...more,
  };
}

const LISTED = new Set(['a', 'b']);

test('a job that the list has is replaced, and one that it lacks is new', () => {
  const running = job('a', { state: 'running' });

  const after = withChanges(NO_CHANGES, LISTED, { changed: [running, job('c')], gone: [] });

  expect(after.latest.get('a')).toBe(running);
  expect([...after.fresh]).toEqual(['c']);
});

test('a job that is not selected any more is gone until it is again', () => {
  const left = withChanges(NO_CHANGES, LISTED, { changed: [], gone: ['b', 'unknown'] });
  const back = withChanges(left, LISTED, { changed: [job('b')], gone: [] });

  expect([...left.gone]).toEqual(['b']);
  expect([...back.gone]).toEqual([]);
});

test('a new job that is gone again is not counted', () => {
  const first = withChanges(NO_CHANGES, LISTED, { changed: [job('c')], gone: [] });

  expect(withChanges(first, LISTED, { changed: [], gone: ['c'] }).fresh.size).toBe(0);
});
