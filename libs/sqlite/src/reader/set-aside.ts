import {
  type KeptEvent,
  MAX_COUNTED_EVENTS,
  type SetAsideCounts,
  type SetAsideMessage,
  type SetAsideSummary,
  type UnroutableEntry,
} from '@leveret/core';
import type { SqlConnection, SqlRow } from '../file/libsql.ts';
import { createUnappliedOperations } from '../operations/set-aside/unapplied-operations.ts';

/** Reads what is set aside. */
export interface SetAsideQueries {
  messages(afterSeq: number, limit: number): readonly SetAsideSummary[];
  message(seq: number): SetAsideMessage | undefined;
  events(afterSeq: number, limit: number): readonly KeptEvent[];
  event(seq: number): KeptEvent | undefined;
  counts(): SetAsideCounts;
  unroutableOf(jobId: string): UnroutableEntry | undefined;
}

const SUMMARY_COLUMNS = 'seq, queue, reason, at, body_bytes';

/** Prepares to read it. */
export function createSetAsideQueries(connection: SqlConnection): SetAsideQueries {
  const list = connection.prepare(
    `SELECT ${SUMMARY_COLUMNS} FROM set_aside WHERE seq > ? ORDER BY seq LIMIT ?`,
  );
  const find = connection.prepare(`SELECT ${SUMMARY_COLUMNS}, properties, body FROM set_aside WHERE seq = ?`);
  const count = connection.prepare('SELECT COUNT(*) FROM (SELECT 1 FROM set_aside LIMIT ?)');
  const findOfJob = connection.prepare(
    'SELECT seq, at, job_id, generation, attempt, run FROM set_aside WHERE job_id = ? ORDER BY seq DESC LIMIT 1',
  );
  const { listUnapplied, countUnapplied } = createUnappliedOperations(connection);

  return {
    messages: (afterSeq, limit) => list.all(afterSeq, limit).map(toSummary),
    message(seq) {
      const row = find.get(seq);
      if (row === undefined) return undefined;
      const [properties, body] = row.slice(-2);
      return { ...toSummary(row), properties: String(properties), body: body as Uint8Array };
    },
    events: listUnapplied,
    event: (seq) => listUnapplied(seq - 1, 1).find((event) => event.seq === seq),
    unroutableOf(jobId) {
      const row = findOfJob.get(jobId);
      return row && toUnroutable(row);
    },
    counts: () => ({ messages: Number(count.get(MAX_COUNTED_EVENTS)?.[0]), events: countUnapplied() }),
  };
}

function toSummary([seq, queue, reason, at, bodyBytes]: SqlRow): SetAsideSummary {
  return {
    seq: Number(seq),
    queue: String(queue),
    reason: String(reason),
    at: Number(at),
    bodyBytes: Number(bodyBytes),
  };
}

function toUnroutable([seq, at, jobId, generation, attempt, run]: SqlRow): UnroutableEntry {
  return {
    seq: Number(seq),
    at: Number(at),
    jobId: String(jobId),
    generation: Number(generation),
    attempt: Number(attempt),
    run: Number(run),
  };
}
