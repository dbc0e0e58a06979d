import type { AuditEntry, AuditRequest } from '@leveret/core';
import type { SqlConnection, SqlRow } from '../../file/libsql.ts';
import { AUDIT_COLUMNS, toAuditEntry } from '../../rows/audit-rows.ts';

/** What was done, as the file keeps it. */
export interface Audit {
  add(entry: Omit<AuditEntry, 'seq'>): void;
  list(request: AuditRequest): readonly AuditEntry[];
}

/** Creates it. */
export function createAudit(connection: SqlConnection): Audit {
  const insert = connection.prepare(
    `INSERT INTO audit (${AUDIT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const prepareList = (from: string, condition: string) =>
    connection.prepare(
      `SELECT ${AUDIT_COLUMNS}, seq FROM ${from} WHERE ${condition} AND seq < ? ORDER BY seq DESC LIMIT ?`,
    );
  // The index is named so that no statistics lead the planner to the table, which has the entries of all jobs of operations.
  const listWithoutItems = prepareList(
    'audit INDEXED BY audit_without_items',
    '(job_id IS NULL OR operation_id IS NULL)',
  );
  const listOfOperation = prepareList('audit', 'operation_id = ?');
  const listOfJob = prepareList('audit', 'job_id = ?1 AND (?2 IS NULL OR operation_id = ?2)');

  // By the index of `at`. Clocks differ, so entries beside it may be a little earlier or later.
  const findBefore = connection.prepare(
    'SELECT seq FROM audit WHERE at < ? ORDER BY at DESC, seq DESC LIMIT 1',
  );

  /** The first `seq` that does not belong to the answer. */
  function endOf({ beforeSeq = Number.MAX_SAFE_INTEGER, beforeAt }: AuditRequest): number {
    if (beforeAt === undefined) return beforeSeq;
    return Math.min(beforeSeq, Number(findBefore.get(beforeAt)?.[0] ?? 0) + 1);
  }

  function rowsOf(request: AuditRequest): readonly SqlRow[] {
    const { jobId, operationId, limit } = request;
    const end = endOf(request);
    if (jobId !== undefined) return listOfJob.all(jobId, operationId ?? null, end, limit);
    return operationId === undefined
      ? listWithoutItems.all(end, limit)
      : listOfOperation.all(operationId, end, limit);
  }

  return {
    add({ at, by, reason, action, jobId, queue, operationId, before, after, subject, detail }) {
      const what = [jobId, queue, operationId, before, after, subject, detail].map((value) => value ?? null);
      insert.run(at, by, reason ?? null, action, ...what);
    },
    list(request) {
      return rowsOf(request).map(toAuditEntry);
    },
  };
}
