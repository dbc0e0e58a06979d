import type { AttemptRecord, Failure, OutcomeState } from '@leveret/core';
import type { SqlRow, SqlValue } from '../file/libsql.ts';

/** The columns of an attempt, in the order in which {@link toAttemptCells} gives their values. */
export const ATTEMPT_COLUMNS = [
  'generation',
  'attempt',
  'started_at',
  'ended_at',
  'outcome',
  'worker_id',
  'instance_id',
  'version',
  'failure',
] as const;

/** The values of {@link ATTEMPT_COLUMNS}. */
export function toAttemptCells(record: AttemptRecord): readonly SqlValue[] {
  const { generation, attempt, startedAt, endedAt, outcome, workerId, instanceId, version, failure } = record;
  const known = [startedAt, endedAt, outcome, workerId, instanceId, version].map((value) => value ?? null);
  return [generation, attempt, ...known, failure === undefined ? null : JSON.stringify(failure)];
}

/** The record of a row of {@link ATTEMPT_COLUMNS}. */
export function toAttemptRecord(row: SqlRow): AttemptRecord {
  const [generation, attempt, startedAt, endedAt, outcome, worker, instance, version, failure] = row;
  return {
    generation: Number(generation),
    attempt: Number(attempt),
    ...(typeof startedAt === 'number' ? { startedAt } : {}),
    ...(typeof endedAt === 'number' ? { endedAt } : {}),
    ...(typeof outcome === 'string' ? { outcome: outcome as OutcomeState } : {}),
    ...(typeof worker === 'string' ? { workerId: worker } : {}),
    ...(typeof instance === 'string' ? { instanceId: instance } : {}),
    ...(typeof version === 'string' ? { version } : {}),
    ...(typeof failure === 'string' ? { failure: JSON.parse(failure) as Failure } : {}),
  };
}
