import type { AttemptRecord, Failure, OutcomeState } from '@leveret/core';
import type { SqlRow, SqlValue } from '../file/libsql.ts';

/** The columns of an attempt, in the order in which {@link toAttemptCells} gives their values. Those from `instance_id` on are empty for most. */
export const ATTEMPT_COLUMNS = [
  'generation',
  'attempt',
  'started_at',
  'ended_at',
  'outcome',
  'worker_id',
  'version',
  'host',
  'queue_wait_ms',
  'instance_id',
  'failure',
] as const;

/** The values of {@link ATTEMPT_COLUMNS}. */
export function toAttemptCells(record: AttemptRecord): readonly SqlValue[] {
  const { generation, attempt, startedAt, endedAt, outcome, workerId, instanceId, version } = record;
  const { host, queueWaitMs, failure } = record;
  const known = [startedAt, endedAt, outcome, workerId, version, host, queueWaitMs, instanceId].map(
    (value) => value ?? null,
  );
  return [generation, attempt, ...known, failure === undefined ? null : JSON.stringify(failure)];
}

/** The record of a row of {@link ATTEMPT_COLUMNS}. */
export function toAttemptRecord(row: SqlRow): AttemptRecord {
  const [generation, attempt, startedAt, endedAt, outcome, worker, version, ...more] = row;
  const [host, queueWaitMs, instance, failure] = more;
  return {
    generation: Number(generation),
    attempt: Number(attempt),
    ...(typeof startedAt === 'number' ? { startedAt } : {}),
    ...(typeof endedAt === 'number' ? { endedAt } : {}),
    ...(typeof outcome === 'string' ? { outcome: outcome as OutcomeState } : {}),
    ...(typeof worker === 'string' ? { workerId: worker } : {}),
    ...(typeof instance === 'string' ? { instanceId: instance } : {}),
    ...(typeof version === 'string' ? { version } : {}),
    ...(typeof host === 'string' ? { host } : {}),
    ...(typeof queueWaitMs === 'number' ? { queueWaitMs } : {}),
    ...(typeof failure === 'string' ? { failure: JSON.parse(failure) as Failure } : {}),
  };
}
