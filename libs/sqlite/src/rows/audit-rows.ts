import type { AuditEntry, JobState } from '@leveret/core';
import type { SqlRow } from '../file/libsql.ts';

/** The columns of an entry of the audit but its number. */
export const AUDIT_COLUMNS =
  'at, author, reason, action, job_id, queue, operation_id, state_before, state_after, subject, detail';

/** The entry in a row of {@link AUDIT_COLUMNS} and `seq`. */
export function toAuditEntry(row: SqlRow): AuditEntry {
  const [at, by, reason, action, jobId, queue, operationId, before, after, subject, detail, seq] = row;
  return {
    seq: Number(seq),
    at: Number(at),
    by: String(by),
    action: String(action) as AuditEntry['action'],
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof jobId === 'string' ? { jobId } : {}),
    ...(typeof queue === 'string' ? { queue } : {}),
    ...(typeof operationId === 'string' ? { operationId } : {}),
    ...(typeof subject === 'string' ? { subject } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
    ...(typeof before === 'string' ? { before: before as JobState } : {}),
    ...(typeof after === 'string' ? { after: after as JobState } : {}),
  };
}
