import { KEEP_FAILURE_GROUPS_MS, type OldGroupsRequest, type RetentionProgress } from '@leveret/core';
import type { SqlConnection, SqlRow } from '../../file/libsql.ts';

/** Before the first group. */
const START: SqlRow = [-1, '', ''];

/** The operation that deletes groups of failures without jobs: see `JobRetention` of the core. */
export function createOldGroups(connection: SqlConnection) {
  // Read from an index alone, in its order.
  const findNext = connection.prepare(
    `SELECT last_seen_at, fingerprint, kind FROM failure_group
       WHERE retrying + dead = 0 AND last_seen_at <= ? AND (last_seen_at, fingerprint, kind) > (?, ?, ?)
       ORDER BY last_seen_at, fingerprint, kind LIMIT ?`,
  );
  const findJob = connection.prepare('SELECT 1 FROM job WHERE fingerprint = ? LIMIT 1');
  const remove = connection.prepare('DELETE FROM failure_group WHERE fingerprint = ? AND kind = ?');
  const removeVersions = connection.prepare(
    'DELETE FROM failure_version WHERE fingerprint = ?1 AND NOT EXISTS (SELECT 1 FROM failure_group WHERE fingerprint = ?1)',
  );
  /** The last group that was looked at. */
  let last = START;

  return {
    deleteOldGroups({ now, limit }: OldGroupsRequest): RetentionProgress {
      const rows = findNext.all(now - KEEP_FAILURE_GROUPS_MS, ...last, limit);
      let deletedCount = 0;
      for (const [, fingerprint = null, kind = null] of rows) {
        if (findJob.get(fingerprint) !== undefined) continue;
        deletedCount += remove.run(fingerprint, kind);
        removeVersions.run(fingerprint);
      }
      const isMore = rows.length === limit;
      last = isMore ? (rows.at(-1) ?? START) : START;
      return { deletedCount, isMore };
    },
  };
}
