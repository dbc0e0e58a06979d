import type { OldestWaiting } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';

/** Queued jobs of a kind that are looked at: those that are held are passed over. */
const LOOKED_AT = 1_000;

/** Prepares to find the jobs that wait longest: see `ActivityReader` of the core. */
export function prepareOldestWaiting(connection: SqlConnection): (now: number) => readonly OldestWaiting[] {
  const groups = connection.prepare(
    `SELECT queue, kind, state FROM counter WHERE count > 0 AND state IN ('queued', 'scheduled', 'retrying')`,
  );
  // The outer query keeps the order of the inner one, and stops at the first row: sorted again, all would be read.
  const queued = connection.prepare(
    `SELECT updated_at FROM (
       SELECT updated_at, next_due_at FROM job WHERE queue = ? AND kind = ? AND state = 'queued' ORDER BY updated_at LIMIT ${LOOKED_AT}
     ) WHERE next_due_at IS NULL LIMIT 1`,
  );
  const due = connection.prepare(
    'SELECT next_due_at FROM job WHERE queue = ? AND next_due_at IS NOT NULL AND next_due_at <= ? ORDER BY next_due_at LIMIT 1',
  );

  return (now) => {
    const readyAtByQueue = new Map<string, number>();
    function note(queue: string, readyAt: unknown): void {
      if (typeof readyAt !== 'number' || readyAt > now) return;
      readyAtByQueue.set(queue, Math.min(readyAt, readyAtByQueue.get(queue) ?? readyAt));
    }
    const found = groups
      .all()
      .map(([queue, kind, state]) => [String(queue), String(kind), String(state)] as const);
    for (const [queue, kind, state] of found)
      if (state === 'queued') note(queue, queued.get(queue, kind)?.[0]);
    for (const queue of new Set(found.map(([name]) => name))) note(queue, due.get(queue, now)?.[0]);
    return [...readyAtByQueue]
      .map(([queue, readyAt]) => ({ queue, readyAt }))
      .sort((one, other) => (one.queue < other.queue ? -1 : 1));
  };
}
