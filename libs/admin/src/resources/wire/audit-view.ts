import type { AuditEntry } from '@leveret/core';
import type { AuditPageView } from '@leveret/http-contract/admin';
import { known, toIso } from './values.ts';

/** An entry of the audit. */
export function toAuditView(entry: AuditEntry): AuditPageView['entries'][number] {
  const { seq, at, by, action, reason, jobId, queue, operationId, subject, detail, before, after } = entry;
  return {
    ...{ seq, at: toIso(at), by, action },
    ...known({ reason, jobId, queue, operationId, subject, detail, before, after }),
  };
}
