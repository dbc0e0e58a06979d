import type { ControlAction, OperationItem, OperationRecord, OperationState } from '@leveret/core';
import type { SqlRow } from '../../file/libsql.ts';

/** The columns of an operation on many jobs, in the order in which {@link toOperation} reads them. The number comes first. */
export const OPERATION_COLUMNS =
  'number, id, action, selection, author, reason, per_second, state, created_at, finished_at, total, done, skipped, failed, unaware';

/** The operation of a row of {@link OPERATION_COLUMNS}. */
export function toOperation(row: SqlRow): OperationRecord {
  const [, id, action, selection, by, reason, perSecond, state, createdAt, finishedAt, ...counts] = row;
  const [total, done, skipped, failed, unaware] = counts;
  return {
    id: String(id),
    action: String(action) as ControlAction,
    selection: String(selection),
    by: String(by),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof perSecond === 'number' ? { perSecond } : {}),
    state: String(state) as OperationState,
    createdAt: Number(createdAt),
    ...(typeof finishedAt === 'number' ? { finishedAt } : {}),
    total: Number(total),
    done: Number(done),
    skipped: Number(skipped),
    failed: Number(failed),
    unaware: typeof unaware === 'string' ? (JSON.parse(unaware) as OperationRecord['unaware']) : [],
  };
}

/** The item of a row of its number, job, outcome and reason. */
export function toItem([number, jobId, outcome, reason]: SqlRow): OperationItem {
  return {
    number: Number(number),
    jobId: String(jobId),
    outcome: String(outcome) as OperationItem['outcome'],
    ...(typeof reason === 'string' ? { reason } : {}),
  };
}
