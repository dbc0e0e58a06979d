import type { JobListRequest, JobPage, JobSummary } from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';
import { RECORD_COLUMNS, SHOWN_FAILURE, toJobRecord, toShownFailure } from '../rows/job-rows.ts';
import { toCursor } from './cursor.ts';
import { type Searched, searchJobs } from './search.ts';

/** Lists jobs, in the steps of {@link searchJobs}. @throws {LeveretError} `CURSOR_INVALID`. */
export function* listJobs(connection: SqlConnection, request: JobListRequest): Generator<Searched, JobPage> {
  const summaryOf = prepareSummary(connection);
  const jobs: JobSummary[] = [];
  yield* searchJobs(connection, request, {
    // One more tells whether there is another page.
    wanted: () => request.limit + 1 - jobs.length,
    take: (ids) => jobs.push(...ids.flatMap(summaryOf)),
  });
  const page = jobs.slice(0, request.limit);
  const end = page.at(-1);
  return jobs.length > page.length && end !== undefined
    ? { jobs: page, nextCursor: toCursor(request, end) }
    : { jobs: page };
}

/** Prepares to read what a list shows of a job; nothing when the job is gone. */
export function prepareSummary(connection: SqlConnection): (id: string) => readonly JobSummary[] {
  const find = connection.prepare(
    `SELECT ${RECORD_COLUMNS.replace('id', 'job.id')}, error_code, fingerprint, ${SHOWN_FAILURE}
       FROM job LEFT JOIN job_body USING (id) WHERE job.id = ?`,
  );
  return (id) => {
    const row = find.get(id);
    if (row === undefined) return [];
    const [errorCode, fingerprint, ...shown] = row.slice(-5);
    const failure = toShownFailure(shown);
    const { history, settledAttempt, newest, failurePosition, runsOn, suspectStarts, ...summary } =
      toJobRecord(row);
    return [
      {
        ...summary,
        ...(typeof errorCode === 'string' ? { errorCode } : {}),
        ...(typeof fingerprint === 'string' ? { fingerprint } : {}),
        ...(failure === undefined ? {} : { failureMessage: failure.message }),
      },
    ];
  };
}
