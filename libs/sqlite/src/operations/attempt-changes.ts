import { type AnyOutcomeEvent, type AttemptRecord, attemptAfter, type StartedEvent } from '@leveret/core';
import type { SqlConnection, SqlRow, SqlStatement } from '../file/libsql.ts';
import { ATTEMPT_COLUMNS, toAttemptCells, toAttemptRecord } from '../rows/attempt-rows.ts';
import { cellsOf, toText } from '../rows/json-rows.ts';
import type { Rollups } from './activity/rollups.ts';

/** An event that belongs to the record of its attempt. */
export interface EventOfAttempt {
  readonly event: StartedEvent | AnyOutcomeEvent;
  /** Of `readyAtOf`. */
  readonly readyAt: number | undefined;
}

/** Keeps the attempts of jobs: those of a batch of events are read and written by one statement each. What is new of them is counted. */
export function createAttemptChanges(connection: SqlConnection, rollups: Rollups) {
  const columns = ['job_id', ...ATTEMPT_COLUMNS];
  const usualCount = columns.indexOf('instance_id');
  const find = connection.prepare(
    `SELECT json_group_array(json_array(${columns.join(', ')})) FROM json_each(?) AS given CROSS JOIN attempt
       ON job_id = given.value ->> 0 AND generation = given.value ->> 1 AND attempt = given.value ->> 2`,
  );
  const putAll = preparePut(columns.length);
  const putUsual = preparePut(usualCount);

  /** Sets the first `count` columns, and empties the others. */
  function preparePut(count: number): SqlStatement {
    const names = columns.slice(0, count).join(', ');
    return connection.prepare(
      `INSERT OR REPLACE INTO attempt (${names}) SELECT ${cellsOf(count)} FROM json_each(?) AS given`,
    );
  }

  function put(rows: readonly SqlRow[]): void {
    const isUsual = (row: SqlRow) => row.slice(usualCount).every((cell) => cell === null);
    const usual = rows.filter(isUsual).map((row) => row.slice(0, usualCount));
    const others = rows.filter((row) => !isUsual(row));
    if (usual.length > 0) putUsual.run(JSON.stringify(usual));
    if (others.length > 0) putAll.run(JSON.stringify(others));
  }

  /** What is known of these attempts. */
  function read(keys: readonly AttemptKey[]): Map<string, AttemptRecord> {
    const rows = JSON.parse(String(find.get(JSON.stringify(keys))?.[0])) as SqlRow[];
    return new Map(
      rows.map(([jobId, ...row]) => {
        const record = toAttemptRecord(row);
        return [nameOf([String(jobId), record.generation, record.attempt]), record];
      }),
    );
  }

  function count(
    event: EventOfAttempt['event'],
    before: AttemptRecord | undefined,
    { startedAt, endedAt, queueWaitMs, failure }: AttemptRecord,
  ): void {
    if (queueWaitMs !== undefined && startedAt !== before?.startedAt) rollups.waited(event, queueWaitMs);
    // Nothing follows the first outcome of an attempt.
    if (endedAt === undefined) return;
    if (startedAt !== undefined) rollups.ran(event, endedAt - startedAt);
    if (failure !== undefined) rollups.failed(event);
  }

  return {
    apply(events: readonly EventOfAttempt[]): void {
      if (events.length === 0) return;
      const keys = new Map(events.map(({ event }) => [nameOf(keyOf(event)), keyOf(event)]));
      const known = read([...keys.values()]);
      const changed = new Map<string, AttemptRecord>();
      for (const { event, readyAt } of events) {
        const name = nameOf(keyOf(event));
        const before = changed.get(name) ?? known.get(name);
        const after = attemptAfter(before, event, readyAt);
        if (after === before) continue;
        changed.set(name, after);
        count(event, before, after);
      }
      const rows = [...changed].map(([name, record]) => [
        keys.get(name)?.[0] ?? '',
        ...toAttemptCells(record),
      ]);
      put(rows.map((row) => row.map(toText)));
    },
  };
}

type AttemptKey = readonly [jobId: string, generation: number, attempt: number];

function keyOf({ jobId, generation = 0, attempt }: AttemptKeyed): AttemptKey {
  return [jobId, generation, attempt];
}

interface AttemptKeyed {
  readonly jobId: string;
  readonly generation?: number | undefined;
  readonly attempt: number;
}

function nameOf(key: AttemptKey): string {
  return key.join(' ');
}
