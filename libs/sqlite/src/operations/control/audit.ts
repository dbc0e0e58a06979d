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

  return {
    add({ at, by, reason, action, jobId, queue, operationId, before, after, subject, detail }) {
      const what = [jobId, queue, operationId, before, after, subject, detail].map((value) => value ?? null);
      insert.run(at, by, reason ?? null, action, ...what);
    },
    list({ jobId, beforeSeq = Number.MAX_SAFE_INTEGER, limit }) {
      const rows =
        jobId === undefined ? listAll.all(beforeSeq, limit) : listOfJob.all(jobId, beforeSeq, limit);
      return rows.map(toAuditEntry);
    },
  };
}
