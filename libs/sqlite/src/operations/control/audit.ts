import type { AuditEntry, AuditRequest, JobState } from '@leveret/core';
import type { SqlConnection, SqlRow } from '../../file/libsql.ts';

const COLUMNS = 'at, author, reason, action, job_id, queue, operation_id, state_before, state_after';

/** What was done, as the file keeps it. */
export interface Audit {
  add(entry: Omit<AuditEntry, 'seq'>): void;
  list(request: AuditRequest): readonly AuditEntry[];
}

/** Creates it. */
export function createAudit(connection: SqlConnection): Audit {
  const insert = connection.prepare(`INSERT INTO audit (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const listAll = connection.prepare(
    `SELECT seq, ${COLUMNS} FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
  );
  const listOfJob = connection.prepare(
    `SELECT seq, ${COLUMNS} FROM audit WHERE job_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
  );

  return {
    add({ at, by, reason, action, jobId, queue, operationId, before, after }) {
      const what = [jobId, queue, operationId, before, after].map((value) => value ?? null);
      insert.run(at, by, reason ?? null, action, ...what);
    },
    list({ jobId, beforeSeq = Number.MAX_SAFE_INTEGER, limit }) {
      const rows =
        jobId === undefined ? listAll.all(beforeSeq, limit) : listOfJob.all(jobId, beforeSeq, limit);
      return rows.map(toEntry);
    },
  };
}

function toEntry(row: SqlRow): AuditEntry {
  const [seq, at, by, reason, action, jobId, queue, operationId, before, after] = row;
  return {
    seq: Number(seq),
    at: Number(at),
    by: String(by),
    action: String(action) as AuditEntry['action'],
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof jobId === 'string' ? { jobId } : {}),
    ...(typeof queue === 'string' ? { queue } : {}),
    ...(typeof operationId === 'string' ? { operationId } : {}),
    ...(typeof before === 'string' ? { before: before as JobState } : {}),
    ...(typeof after === 'string' ? { after: after as JobState } : {}),
  };
}
