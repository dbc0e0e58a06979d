import { type FailureGroup, type FailureVersion, MAX_GROUP_VERSIONS } from '@leveret/core';
import type { SqlConnection, SqlRow } from '../file/libsql.ts';
import { SHOWN_FAILURE, toShownFailure } from '../rows/job-rows.ts';

/** Reads the groups of failures. */
export interface FailureGroups {
  /** Those that have retrying or dead jobs, the ones that failed last first. */
  list(limit: number): readonly FailureGroup[];
  find(fingerprint: string): FailureGroup | undefined;
}

/** Prepares to read them. */
export function createFailureGroups(connection: SqlConnection): FailureGroups {
  const open = connection.prepare(
    `SELECT fingerprint FROM failure_group WHERE retrying + dead > 0
       GROUP BY fingerprint ORDER BY max(last_seen_at) DESC, fingerprint LIMIT ?`,
  );
  // One for each kind.
  const rowsOf = connection.prepare(
    `SELECT kind, error_code, retrying, dead, first_seen_at, last_seen_at, sample_id FROM failure_group WHERE fingerprint = ? ORDER BY kind`,
  );
  const findVersions = connection.prepare(
    `SELECT version, first_seen_at FROM failure_version WHERE fingerprint = ? ORDER BY seq DESC LIMIT ${MAX_GROUP_VERSIONS}`,
  );
  const findFailure = connection.prepare(
    `SELECT ${SHOWN_FAILURE} FROM job JOIN job_body USING (id) WHERE job.id = ? AND fingerprint = ?`,
  );

  function find(fingerprint: string): FailureGroup | undefined {
    const rows = rowsOf.all(fingerprint).map(toPart);
    const newest = rows.toSorted((one, other) => other.lastSeenAt - one.lastSeenAt)[0];
    if (newest === undefined) return undefined;
    const failure = toShownFailure(findFailure.get(newest.jobId, fingerprint) ?? []);
    return {
      fingerprint,
      errorCode: newest.errorCode,
      retrying: rows.reduce((sum, { retrying }) => sum + retrying, 0),
      dead: rows.reduce((sum, { dead }) => sum + dead, 0),
      firstSeenAt: Math.min(...rows.map(({ firstSeenAt }) => firstSeenAt)),
      lastSeenAt: newest.lastSeenAt,
      kinds: rows.map(({ kind }) => kind),
      versions: findVersions.all(fingerprint).map(toVersion),
      sample: {
        jobId: newest.jobId,
        ...(failure === undefined ? {} : { message: failure.message }),
      },
    };
  }

  return {
    find,
    list: (limit) => open.all(limit).flatMap(([fingerprint]) => find(String(fingerprint)) ?? []),
  };
}

function toVersion([version, firstSeenAt]: SqlRow): FailureVersion {
  return { version: String(version), firstSeenAt: Number(firstSeenAt) };
}

function toPart([kind, errorCode, retrying, dead, firstSeenAt, lastSeenAt, jobId]: SqlRow) {
  return {
    kind: String(kind),
    errorCode: String(errorCode),
    retrying: Number(retrying),
    dead: Number(dead),
    firstSeenAt: Number(firstSeenAt),
    lastSeenAt: Number(lastSeenAt),
    jobId: String(jobId),
  };
}
