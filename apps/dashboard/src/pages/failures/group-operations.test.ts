import { expect, test } from 'vitest';
import type { Operation } from '../../api/operations.ts';
import { openOperationsByGroup, undoableDiscards } from './group-operations.ts';

const GROUP = '9f2c41aa77d01b3e';
const NOW = new Date('2026-03-01T12:00:00Z');

function operation(more: Partial<Operation>): Operation {
  return {
    ...{ id: 'a', action: 'discard', selection: `state:dead fingerprint:${GROUP}`, state: 'done', by: 'ann' },
    ...{ createdAt: new Date(NOW.getTime() - 60_000), finishedAt: NOW },
    ...{ total: 9, done: 9, skipped: 0, failed: 0 },
    ...more,
  };
}

test('an operation that runs belongs to the group of its selection', () => {
  const running = operation({ state: 'running' });

  expect(openOperationsByGroup([running, operation({})])).toEqual(new Map([[GROUP, [running]]]));
});

test('a discard can be undone: the filter selects what it discarded, and not what others did later', () => {
  expect(undoableDiscards([operation({})], NOW)[0]?.filter).toBe(
    `state:discarded fingerprint:${GROUP} updated:>2026-03-01T11:59:00.000Z updated:<2026-03-01T12:00:00.001Z`,
  );
});

test('a discard that was undone, that is old, or that is of selected jobs is not offered', () => {
  const restore = operation({ action: 'restore' });
  const old = operation({ createdAt: new Date(NOW.getTime() - 90_000_000) });

  expect(undoableDiscards([restore, operation({})], NOW)).toEqual([]);
  expect(undoableDiscards([old], NOW)).toEqual([]);
  expect(undoableDiscards([operation({ selection: 'by id' })], NOW)).toEqual([]);
});
