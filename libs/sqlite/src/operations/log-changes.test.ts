import type { LoggedEvent } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { openConnection } from '../file/libsql.ts';
import { migrate } from '../file/schema/schema.ts';
import { createActivity } from './activity/activity.ts';
import { createBlobChanges } from './blobs/blob-changes.ts';
import { createSupersededEntries } from './control/superseded-entries.ts';
import { createJobOperations } from './job-operations.ts';

const event: LoggedEvent = {
  type: 'logged',
  bestEffort: true,
  jobId: '0198c0de-0000-7000-8000-000000000001',
  kind: 'k',
  queue: 'q',
  attempt: 1,
  maxAttempts: 3,
  createdAt: 1,
  at: 2,
  lines: [{ number: 1, at: 2, level: 'info', message: 'm' }],
};

test('lines go with their job, and those of other jobs stay', () => {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  migrate(connection);
  const context = {
    isPublished: () => false,
    noteTime: () => undefined,
    latest: () => 0,
    superseded: createSupersededEntries(connection),
    blobs: createBlobChanges(connection),
    activity: createActivity(connection, {
      now: () => 0,
      clock: createManualClock(),
      askForCommit: () => undefined,
    }),
  };
  const { apply } = createJobOperations(connection, context);
  const other = { ...event, jobId: '0198c0de-0000-7000-8000-000000000002' };
  apply([event, other], []);

  connection.prepare('DELETE FROM job WHERE id = ?').run(event.jobId);

  const left = connection.prepare('SELECT job_id FROM job_log').all();
  expect(left.map(([jobId]) => jobId)).toEqual([other.jobId]);
});
