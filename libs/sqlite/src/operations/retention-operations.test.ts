import { expect, onTestFinished, test } from 'vitest';
import { openConnection } from '../file/libsql.ts';
import { migrate } from '../file/schema/schema.ts';
import { createChangeNumbers } from './activity/change-numbers.ts';
import { createBlobChanges } from './blobs/blob-changes.ts';
import { createSupersededEntries } from './control/superseded-entries.ts';
import { createRetentionOperations } from './retention-operations.ts';

test('a batch ends after a few milliseconds, with one job at least', () => {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  migrate(connection);
  const insert = connection.prepare(
    `INSERT INTO job (id, kind, queue, priority, state, attempt, max_attempts, settled_attempt, created_at, updated_at)
       VALUES (?, 'k', 'q', 'normal', 'succeeded', 1, 1, 1, 0, 0)`,
  );
  for (let number = 0; number < 5; number += 1) insert.run(`job-${number}`);
  let now = 0;
  let stepMs = 1;
  const monotonic = () => {
    now += stepMs;
    return now;
  };
  const { deleteFinished } = createRetentionOperations(connection, {
    noteTime: () => undefined,
    superseded: createSupersededEntries(connection),
    blobs: createBlobChanges(connection),
    activity: { changes: createChangeNumbers(connection, () => 0) },
    monotonic,
  });
  const request = { rules: [], now: 1_000_000_000_000, limit: 100 };

  const quick = deleteFinished(request, 0);
  stepMs = 1_000;
  const slow = deleteFinished(request, 0);

  expect(quick).toEqual({ deletedCount: 3, isMore: true });
  expect(slow).toEqual({ deletedCount: 1, isMore: true });
  expect(deleteFinished(request, 0)).toEqual({ deletedCount: 1, isMore: false });
});
