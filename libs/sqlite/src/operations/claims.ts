import {
  type ByLane,
  createLaneChooser,
  JOB_PRIORITIES,
  type JobPriority,
  type LaneChooser,
} from '@leveret/core';
import type { SqlConnection, SqlRow } from '../file/libsql.ts';
import { MESSAGE_COLUMNS } from '../rows/message-rows.ts';

/** What a claim found: a list, so that the bytes of its messages change threads together. */
export type Claimed = readonly [
  /** In the order of their turns. Each is the number of the message, whether it was delivered before (1 or 0), whether it was resent (1 or 0),
   * how often a process was lost that had it, and the columns of the message. */
  rows: readonly SqlRow[],
  /** Milliseconds until the next message of the queue falls due; undefined when none waits, or more can be claimed now. */
  nextDueInMs: number | undefined,
];

/** Claims messages for a process, lane by lane; every time is the file's, in milliseconds. */
export interface Claims {
  /** Claims at most `limit` messages: the lanes have their turns as the chooser of the core says. */
  claim(queue: string, limit: number, now: number): Claimed;
  /** Whether there is anything to claim. */
  hasClaimable(queue: string, now: number): boolean;
}

/** Prepares to claim messages for `claimant`. */
export function createClaims(connection: SqlConnection, claimant: number): Claims {
  const choosers = new Map<string, LaneChooser>();
  const take = perLane((lane) =>
    connection.prepare(
      `UPDATE message SET claim = ${claimant} WHERE seq IN (${claimableOf(lane)}) RETURNING seq, redelivered, resent, returns, ${MESSAGE_COLUMNS}`,
    ),
  );
  const countOthers = connection.prepare(`SELECT ${countOf('high')}, ${countOf('low')}`);
  const countNormal = connection.prepare(`SELECT ${countOf('normal')}`);
  const nextDue = connection.prepare(
    `SELECT min(due_at) FROM (${JOB_PRIORITIES.map(firstDueOf).join(' UNION ALL ')})`,
  );
  const claimable = connection.prepare(
    `SELECT ${JOB_PRIORITIES.map((lane) => `EXISTS (${claimableOf(lane)})`).join(' OR ')}`,
  );

  function chooserOf(queue: string): LaneChooser {
    const chooser = choosers.get(queue) ?? createLaneChooser();
    choosers.set(queue, chooser);
    return chooser;
  }

  function takeFrom(
    lane: JobPriority,
    given: readonly [queue: string, limit: number, now: number],
  ): SqlRow[] {
    return [...take[lane].all(...given)].sort(([a], [b]) => Number(a) - Number(b));
  }

  function claimRows(queue: string, limit: number, now: number): readonly SqlRow[] {
    const [high = 0, low = 0] = (countOthers.get(queue, limit, now) ?? []).map(Number);
    // By far the most frequent case, and then nothing is to be chosen.
    if (high === 0 && low === 0) return takeFrom('normal', [queue, limit, now]);
    const [normal = 0] = (countNormal.get(queue, limit, now) ?? []).map(Number);
    const turns = chooseTurns(chooserOf(queue), { high, normal, low }, limit);
    const rows = perLane((lane) => {
      const share = turns.filter((turn) => turn === lane).length;
      return share === 0 ? [] : takeFrom(lane, [queue, share, now]);
    });
    return turns.map((lane) => rows[lane].shift()).filter((row) => row !== undefined);
  }

  return {
    claim(queue, limit, now) {
      const rows = limit > 0 ? claimRows(queue, limit, now) : [];
      const [dueAt] = (rows.length < limit ? nextDue.get(queue) : undefined) ?? [];
      return [rows, typeof dueAt === 'number' ? Math.max(0, dueAt - now) : undefined];
    },
    hasClaimable: (queue, now) => claimable.get(queue, 1, now)?.[0] === 1,
  };
}

/** Of those that are ready and those that have fallen due, the first to come, and no more are looked at than are wanted. */
function claimableOf(lane: JobPriority): string {
  const waits = `queue = ?1 AND priority = '${lane}' AND claim IS NULL`;
  return `SELECT seq FROM (
    SELECT * FROM (SELECT seq FROM message WHERE ${waits} AND due_at IS NULL ORDER BY seq LIMIT ?2)
    UNION ALL
    SELECT * FROM (SELECT seq FROM message
      WHERE ${waits} AND due_at IS NOT NULL AND due_at <= ?3 ORDER BY due_at LIMIT ?2)
  ) ORDER BY seq LIMIT ?2`;
}

function countOf(lane: JobPriority): string {
  return `(SELECT count(*) FROM (${claimableOf(lane)}))`;
}

function firstDueOf(lane: JobPriority): string {
  return `SELECT min(due_at) AS due_at FROM message
    WHERE queue = ?1 AND priority = '${lane}' AND claim IS NULL AND due_at IS NOT NULL`;
}

function chooseTurns(chooser: LaneChooser, waiting: ByLane<number>, limit: number): readonly JobPriority[] {
  const turns: JobPriority[] = [];
  while (turns.length < limit) {
    const lane = chooser.next(waiting);
    if (lane === undefined) break;
    waiting[lane] -= 1;
    turns.push(lane);
  }
  return turns;
}

function perLane<T>(make: (lane: JobPriority) => T): ByLane<T> {
  return { high: make('high'), normal: make('normal'), low: make('low') };
}
