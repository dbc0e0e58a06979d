import {
  KEEP_AUDIT_MS,
  KEEP_OPERATIONS_MS,
  type OldActionsRequest,
  type RetentionProgress,
} from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';

/** The operation that deletes what operators did long ago: see `JobRetention` of the core. */
export function createOldActions(connection: SqlConnection) {
  const findOperation = connection.prepare(
    'SELECT number FROM operation WHERE finished_at <= ? ORDER BY finished_at LIMIT 1',
  );
  const removeOperation = connection.prepare('DELETE FROM operation WHERE number = ?');
  const beginDeletion = connection.prepare('INSERT INTO operation_deletion VALUES (?)');
  const findDeletion = connection.prepare('SELECT operation FROM operation_deletion LIMIT 1');
  const endDeletion = connection.prepare('DELETE FROM operation_deletion WHERE operation = ?');
  const removeItems = connection.prepare(
    `DELETE FROM operation_item WHERE operation = ?1 AND number IN
       (SELECT number FROM operation_item WHERE operation = ?1 ORDER BY number LIMIT ?2)`,
  );
  const removeEntries = connection.prepare(
    'DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE at <= ? ORDER BY at LIMIT ?)',
  );
  const findEntry = connection.prepare('SELECT 1 FROM audit WHERE at <= ? LIMIT 1');

  /** Deletes the oldest operation, which nobody finds any more, unless the items of another one are still left. Returns how many. */
  function deleteOperation(before: number): number {
    const number = findDeletion.get() === undefined ? findOperation.get(before)?.[0] : undefined;
    if (number === undefined) return 0;
    beginDeletion.run(number);
    return removeOperation.run(number);
  }

  /** Deletes items of an operation that is deleted; returns how many. */
  function deleteItems(limit: number): number {
    const operation = findDeletion.get()?.[0];
    if (operation === undefined) return 0;
    const count = removeItems.run(operation, limit);
    if (count < limit) endDeletion.run(operation);
    return count;
  }

  return {
    deleteOldActions({ now, limit }: OldActionsRequest): RetentionProgress {
      const operationsBefore = now - KEEP_OPERATIONS_MS;
      const auditBefore = now - KEEP_AUDIT_MS;
      const operationCount = deleteOperation(operationsBefore);
      const itemCount = deleteItems(limit);
      const entryCount = removeEntries.run(auditBefore, limit);
      const isMore =
        findDeletion.get() !== undefined ||
        findOperation.get(operationsBefore) !== undefined ||
        findEntry.get(auditBefore) !== undefined;
      return { deletedCount: operationCount + itemCount + entryCount, isMore };
    },
  };
}
