import type { SqlConnection } from './libsql.ts';

/** Events in the hands of the recorder. */
export interface EventBatch {
  /** Number of the last one; everything up to it is acknowledged together. */
  readonly upTo: number;
  /** Lists of events, each as JSON, in order. */
  readonly lists: readonly string[];
}

const RECORDER = 'recorder';

/** The operations on events. One holder at a time, over all processes, is given events. */
export function createEventOperations(connection: SqlConnection, claimant: number) {
  const insert = connection.prepare('INSERT INTO event (events) VALUES (?)');
  const oldest = connection.prepare('SELECT seq, events FROM event ORDER BY seq LIMIT ?');
  const remove = connection.prepare('DELETE FROM event WHERE seq <= ?');
  const holderOf = connection.prepare('SELECT claimant, holder FROM role WHERE name = ?');
  const seize = connection.prepare('INSERT OR IGNORE INTO role (name, claimant, holder) VALUES (?, ?, ?)');
  const resign = connection.prepare('DELETE FROM role WHERE name = ? AND claimant = ? AND holder = ?');
  const dismiss = connection.prepare('DELETE FROM role WHERE claimant = ?');
  const any = connection.prepare('SELECT EXISTS (SELECT 1 FROM event) AS found');

  function holds(holder: number): boolean {
    const row = holderOf.get(RECORDER);
    return row?.['claimant'] === claimant && row['holder'] === holder;
  }

  return {
    emit(events: string): void {
      insert.run(events);
    },
    /** The oldest events, for the recorder `holder` of this process; undefined while another one is active. */
    takeEvents(holder: number, limit: number): EventBatch | undefined {
      seize.run(RECORDER, claimant, holder);
      if (!holds(holder)) return undefined;
      const rows = oldest.all(limit);
      return { upTo: Number(rows.at(-1)?.['seq'] ?? 0), lists: rows.map((row) => String(row['events'])) };
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
    hasEvents: (): boolean => any.get()?.['found'] === 1,
  };
}
