import { MAX_COUNTED_EVENTS, REPORT_HOLDS_MS, type RecordingReport } from '@leveret/core';
import type { SqlConnection } from '../file/libsql.ts';

/** Events in the hands of the recorder. */
export interface EventBatch {
  /** Number of the last one; everything up to it is acknowledged together. */
  readonly upTo: number;
  /** Lists of events, each as JSON, in order. */
  readonly lists: readonly string[];
}

/** How many events are taken: the first list always, more while both bounds allow. */
export interface EventBounds {
  readonly lists: number;
  /** Length of all lists together, in characters of JSON. */
  readonly characters: number;
}

/** A recorder of this process. */
export interface EventTaker {
  /** Tells it from others on the same database. */
  readonly holder: number;
  /** Whether it writes to the ledger in the same file. */
  readonly isOwnLedger: boolean;
}

const RECORDER = 'recorder';

/** The operations on events. One holder at a time, over all processes, is given events. */
export function createEventOperations(connection: SqlConnection, claimant: number) {
  const insert = connection.prepare('INSERT INTO event (events) VALUES (?)');
  const next = connection.prepare('SELECT seq, events FROM event WHERE seq > ? ORDER BY seq LIMIT 1');
  const remove = connection.prepare('DELETE FROM event WHERE seq <= ?');
  const holderOf = connection.prepare('SELECT claimant, holder FROM role WHERE name = ?');
  const seize = connection.prepare(
    'INSERT OR IGNORE INTO role (name, claimant, holder, is_own_ledger) VALUES (?, ?, ?, ?)',
  );
  const findOwn = connection.prepare('SELECT 1 FROM role WHERE name = ? AND is_own_ledger = 1');
  const resign = connection.prepare('DELETE FROM role WHERE name = ? AND claimant = ? AND holder = ?');
  const dismiss = connection.prepare('DELETE FROM role WHERE claimant = ?');
  const count = connection.prepare(`SELECT count(*) FROM (SELECT 1 FROM event LIMIT ${MAX_COUNTED_EVENTS})`);
  const any = connection.prepare('SELECT EXISTS (SELECT 1 FROM event)');

  // A recorder that is given no events does not see those that the active one has in hand.
  const noteReport = connection.prepare(
    `INSERT INTO recording_report VALUES (1, ?, ?, 0) ON CONFLICT DO UPDATE SET at = excluded.at, behind_ms = excluded.behind_ms, is_own = 0
       WHERE excluded.behind_ms > 0 OR behind_ms = 0 OR excluded.at - at NOT BETWEEN 0 AND ${REPORT_HOLDS_MS}`,
  );
  // Changes nothing once it is said: a commit without a change costs no disk.
  const noteOwn = connection.prepare(
    'INSERT INTO recording_report VALUES (1, ?, ?, 1) ON CONFLICT DO UPDATE SET is_own = 1 WHERE is_own = 0',
  );

  const isRecordedHere = (): boolean => findOwn.get(RECORDER) !== undefined;

  function holds(holder: number): boolean {
    const [active, number] = holderOf.get(RECORDER) ?? [];
    return active === claimant && number === holder;
  }

  const operations = {
    /** The oldest events, for a recorder of this process; undefined while another one is active. */
    takeEvents({ holder, isOwnLedger }: EventTaker, bounds: EventBounds): EventBatch | undefined {
      if (holderOf.get(RECORDER) === undefined) seize.run(RECORDER, claimant, holder, isOwnLedger ? 1 : 0);
      if (!holds(holder)) return undefined;
      const lists: string[] = [];
      let upTo = 0;
      // One by one: lists differ in size by a thousand times, and none is read that is not taken.
      for (let left = bounds.characters; left > 0 && lists.length < bounds.lists; ) {
        const row = next.get(upTo);
        if (row === undefined) break;
        const list = String(row[1]);
        upTo = Number(row[0]);
        left -= list.length;
        lists.push(list);
      }
      return { upTo, lists };
    },
    /** Forgets events that are recorded; nothing happens when another recorder has taken over. */
    ackEvents(holder: number, upTo: number): void {
      if (holds(holder)) remove.run(upTo);
    },
    resignRecorder(holder: number): void {
      resign.run(RECORDER, claimant, holder);
    },
    dismissRecorderOf(other: number): void {
      dismiss.run(other);
    },
    noteRecording({ at, behindMs }: RecordingReport): void {
      (isRecordedHere() ? noteOwn : noteReport).run(at, behindMs);
    },
    hasEvents: (): boolean => any.get()?.[0] === 1,
    countEvents: (): number => Number(count.get()?.[0]),
  };
  return {
    operations,
    /** Stores lists of events, each as JSON, for the recorder. */
    store(lists: readonly string[]): void {
      for (const events of lists) insert.run(events);
    },
    /** Whether the active recorder writes to the ledger in this file. */
    isRecordedHere,
  };
}
