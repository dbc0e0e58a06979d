import type { AuditEntry, AuditRequest } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
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
  const listAll = connection.prepare(
    `SELECT ${AUDIT_COLUMNS}, seq FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
  );
  const listOfJob = connection.prepare(
    `SELECT ${AUDIT_COLUMNS}, seq FROM audit WHERE job_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
  );

  // By the index of `at`. Clocks differ, so entries beside it may be a little earlier or later.
  const findBefore = connection.prepare(
    'SELECT seq FROM audit WHERE at < ? ORDER BY at DESC, seq DESC LIMIT 1',
  );

  /** The first `seq` that does not belong to the answer. */
  function endOf({ beforeSeq = Number.MAX_SAFE_INTEGER, beforeAt }: AuditRequest): number {
    if (beforeAt === undefined) return beforeSeq;
    return Math.min(beforeSeq, Number(findBefore.get(beforeAt)?.[0] ?? 0) + 1);
  }

  return {
    add({ at, by, reason, action, jobId, queue, operationId, before, after, subject, detail }) {
      const what = [jobId, queue, operationId, before, after, subject, detail].map((value) => value ?? null);
      insert.run(at, by, reason ?? null, action, ...what);
    },
    list(request) {
      const { jobId, limit } = request;
      const end = endOf(request);
      const rows = jobId === undefined ? listAll.all(end, limit) : listOfJob.all(jobId, end, limit);
      return rows.map(toAuditEntry);
    },
  };
}
