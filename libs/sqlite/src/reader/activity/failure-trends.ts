import {
  FAILURE_TREND_MS,
  FAILURE_TREND_SLICE_MS,
  FAILURE_TREND_STEP_MS,
  type FailureTrends,
} from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';

const SLICE_COUNT = FAILURE_TREND_MS / FAILURE_TREND_SLICE_MS;
/** The last steps of a trend, in which jobs are new. */
const NEW_STEPS = 2;

/** Prepares to read how groups of failures developed: see `ActivityReader.failureTrends` of the core. */
export function prepareFailureTrends(
  connection: SqlConnection,
): (fingerprints: readonly string[], now: number) => FailureTrends {
  const readAhead = connection.prepare('SELECT ahead_ms FROM clock');
  const readSlices = connection.prepare(
    `SELECT fingerprint, CAST((start_at - ?2) / ${FAILURE_TREND_SLICE_MS} AS INTEGER), sum(failures), sum(iif(start_at >= ?4, new_jobs, 0))
       FROM json_each(?1) AS asked CROSS JOIN failure_slice ON fingerprint = asked.value AND start_at >= ?2 AND start_at < ?3
       GROUP BY 1, 2`,
  );

  return (fingerprints, now) => {
    const aheadMs = Number(readAhead.get()?.[0]);
    // In the time of the file. The step under way is a part of the trend.
    const until = (Math.floor((now + aheadMs) / FAILURE_TREND_STEP_MS) + 1) * FAILURE_TREND_STEP_MS;
    const since = until - FAILURE_TREND_MS;
    const trends = new Map(
      fingerprints.map((fingerprint) => [
        fingerprint,
        { fingerprint, failures: new Array<number>(SLICE_COUNT).fill(0), newJobs: 0 },
      ]),
    );
    const asked = JSON.stringify([...trends.keys()]);
    const rows = readSlices.all(asked, since, until, until - NEW_STEPS * FAILURE_TREND_STEP_MS);
    for (const [fingerprint, place, failures, newJobs] of rows) {
      const trend = trends.get(String(fingerprint));
      if (trend === undefined) continue;
      trend.failures[Number(place)] = Number(failures);
      trend.newJobs += Number(newJobs);
    }
    return { since: since - aheadMs, sliceMs: FAILURE_TREND_SLICE_MS, trends: [...trends.values()] };
  };
}
