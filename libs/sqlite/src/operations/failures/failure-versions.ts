import { MAX_GROUP_VERSIONS } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
import { toText } from '../../rows/json-rows.ts';

/** So many pairs of group and version are remembered as stored. */
const MAX_REMEMBERED = 10_000;
/** For so long, in milliseconds by the times of failures, each is remembered: far less than a group without failures is kept, which any process may delete. */
const REMEMBERED_MS = 86_400_000;

/** A failure that came from a version of an application. */
export interface FailureOfVersion {
  readonly fingerprint: string;
  readonly version: string;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** Keeps from which versions the failures of each group come. */
export interface FailureVersions {
  /** Stores the version, if it is new for its group. What is known to be stored since less than a day costs no statement. */
  note(failure: FailureOfVersion): void;
  /** What was stored may have been rolled back: nothing is known to be stored any more. */
  forgetStored(): void;
}

/** Creates it, for the one connection of this process that writes. */
export function createFailureVersions(connection: SqlConnection): FailureVersions {
  const insert = connection.prepare(
    'INSERT OR IGNORE INTO failure_version (fingerprint, version, first_seen_at) VALUES (?, ?, ?)',
  );
  const dropOldest = connection.prepare(
    `DELETE FROM failure_version WHERE fingerprint = ?1 AND seq <=
       (SELECT seq FROM failure_version WHERE fingerprint = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ${MAX_GROUP_VERSIONS})`,
  );
  const storedAt = new Map<string, number>();

  return {
    note({ fingerprint, version, at }) {
      const key = `${fingerprint} ${version}`;
      if (Math.abs(at - (storedAt.get(key) ?? Number.NEGATIVE_INFINITY)) < REMEMBERED_MS) return;
      if (insert.run(fingerprint, toText(version), at) > 0) dropOldest.run(fingerprint);
      if (storedAt.size >= MAX_REMEMBERED) storedAt.clear();
      storedAt.set(key, at);
    },
    forgetStored: () => storedAt.clear(),
  };
}
