import { expect, test } from 'vitest';
import type { Operation } from '../api/operations.ts';
import { operationTitle, outcomeWords } from './operation-words.ts';

const RETRY: Operation = {
  id: '0198c0de-77a1-7000-8000-00000000c3f2',
  action: 'retry',
  selection: 'state:dead',
  state: 'running',
  by: 'anna',
  createdAt: new Date(0),
  finishedAt: undefined,
  total: 2_310,
  done: 412,
  skipped: 3,
  failed: 1,
};

test('an operation is named by what it does, and to how many jobs', () => {
  expect(operationTitle(RETRY).replaceAll('\u00a0', ' ')).toBe('Retry 2,310 jobs');
});

test('what came of its jobs leaves out what did not happen', () => {
  expect(outcomeWords(RETRY)).toBe('412 sent to run again, 3 skipped, 1 failed, 1,894 left');
  expect(outcomeWords({ ...RETRY, state: 'stopped' })).toBe(
    '412 sent to run again, 3 skipped, 1 failed, 1,894 left as they were',
  );
  expect(outcomeWords({ ...RETRY, state: 'done', done: 2_310, skipped: 0, failed: 0 })).toBe(
    '2,310 sent to run again',
  );
});
