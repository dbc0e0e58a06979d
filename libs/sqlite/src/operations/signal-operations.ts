import type { SqlConnection } from '../file/libsql.ts';

/** What is listened to. */
export type Topic = 'events' | 'commands' | `ask:${string}`;

/** Signals since some moment. */
export interface Signals {
  /** Number of the last signal of any topic; the next question begins after it. */
  readonly upTo: number;
  /** The messages of the topic, as JSON, in order. */
  readonly bodies: readonly string[];
  /** Something was dropped before it was read. */
  readonly hasGap: boolean;
}

/** How many are read at a time. */
const READ = 100;

/**
 * The operations on signals. While there are listeners, a trigger makes signals of events that are stored for the recorder; see
 * `schema.ts`.
 */
export function createSignalOperations(connection: SqlConnection, claimant: number) {
  const join = connection.prepare('INSERT INTO listener (topic, claimant, holder) VALUES (?, ?, ?)');
  const leave = connection.prepare('DELETE FROM listener WHERE claimant = ? AND holder = ?');
  const leaveAll = connection.prepare('DELETE FROM listener WHERE claimant = ?');
  const tell = connection.prepare(
    'INSERT INTO signal (topic, body) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM listener WHERE topic = ?1)',
  );
  const anyFollower = connection.prepare('SELECT 1 FROM listener WHERE topic = ? LIMIT 1');
  const forget = connection.prepare('DELETE FROM signal WHERE NOT EXISTS (SELECT 1 FROM listener)');
  const last = connection.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'signal'`);
  const read = connection.prepare(
    `SELECT seq, topic, body FROM signal WHERE seq > ? ORDER BY seq LIMIT ${READ}`,
  );

  /** Numbers are given out for good: signals that are gone count too. */
  const lastSignal = (): number => Number(last.get()?.[0] ?? 0);

  const operations = {
    /** From now on there is one more listener. Returns the number of the last signal before. */
    listen(topic: Topic, holder: number): number {
      join.run(topic, claimant, holder);
      return lastSignal();
    },
    unlisten(holder: number): void {
      leave.run(claimant, holder);
      forget.run();
    },
    dismissListenersOf(other: number): void {
      leaveAll.run(other);
      forget.run();
    },
    /** Tells all who listen to the topic; whether anybody does. */
    tell: (topic: Exclude<Topic, 'events'>, body: string): boolean => tell.run(topic, body) > 0,
    /** Some of what came after number `after`: nothing but the number when there is no more. */
    readSignals(topic: Topic, after: number): Signals {
      const rows = read.all(after);
      const first = Number(rows.at(0)?.[0] ?? after + 1);
      return {
        upTo: Number(rows.at(-1)?.[0] ?? after),
        bodies: rows.filter(([, of]) => of === topic).map(([, , body]) => String(body)),
        hasGap: first > after + 1,
      };
    },
    lastSignal,
  };
  return {
    operations,
    /** Whether there are listeners for events. Mostly there are none. */
    hasFollowers: (): boolean => anyFollower.get('events' satisfies Topic) !== undefined,
    /** Passes lists of events, each as JSON, to those who listen to events. */
    emitLive(lists: readonly string[]): void {
      for (const events of lists) tell.run('events' satisfies Topic, events);
    },
  };
}
