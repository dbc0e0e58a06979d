import { FAILURE_TREND_MS, FAILURE_TREND_STEP_MS } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';

/** So many old rows are deleted together at most: a few milliseconds. */
const MAX_DELETED = 500;

/** A failure that is new to the ledger. */
export interface NewFailure {
  readonly fingerprint: string;
  /** Whether its job comes into the group of the fingerprint by it. */
  readonly isNewJob: boolean;
}

/** Counts failures by fingerprint and time. */
export interface FailureSlices {
  /** Adds failures of one batch to the slice of `now`, in the time of the file, by one statement for each fingerprint. */
  add(failures: readonly NewFailure[], now: number): void;
}

/** Creates it, for the one connection of this process that writes. */
export function createFailureSlices(connection: SqlConnection): FailureSlices {
  const put = connection.prepare(
    `INSERT INTO failure_slice (fingerprint, start_at, failures, new_jobs) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET failures = failures + excluded.failures, new_jobs = new_jobs + excluded.new_jobs`,
  );
  const deleteOld = connection.prepare(
    `DELETE FROM failure_slice WHERE (fingerprint, start_at) IN
       (SELECT fingerprint, start_at FROM failure_slice WHERE start_at <= ? ORDER BY start_at LIMIT ${MAX_DELETED})`,
  );

  return {
    add(failures, now) {
      const startAt = now - (now % FAILURE_TREND_STEP_MS);
      const byFingerprint = new Map<string, { failures: number; newJobs: number }>();
      for (const { fingerprint, isNewJob } of failures) {
        const counts = byFingerprint.get(fingerprint) ?? { failures: 0, newJobs: 0 };
        counts.failures += 1;
        if (isNewJob) counts.newJobs += 1;
        byFingerprint.set(fingerprint, counts);
      }
      for (const [fingerprint, counts] of byFingerprint)
        put.run(fingerprint, startAt, counts.failures, counts.newJobs);
      deleteOld.run(now - FAILURE_TREND_MS);
    },
  };
}
