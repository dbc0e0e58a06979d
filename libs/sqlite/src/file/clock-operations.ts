import type { SqlConnection } from './libsql.ts';

/** What the file remembers of time. */
export interface ClockReading {
  /** How far the time of the file is ahead of the wall clock, in milliseconds. */
  readonly aheadMs: number;
  /** The latest time of the file that is known to have been, within a second of use. */
  readonly lastAt: number;
}

/** The latest time is noted this much apart, in milliseconds. */
const NOTE_EVERY_MS = 1_000;

/** The operations on the time of the file. */
export function createClockOperations(connection: SqlConnection) {
  const read = connection.prepare('SELECT ahead_ms, last_at FROM clock');
  const write = connection.prepare('UPDATE clock SET ahead_ms = ?');
  const note = connection.prepare('UPDATE clock SET last_at = max(last_at, ?)');
  const rewrite = connection.prepare('UPDATE clock SET last_at = last_at');
  let notedAt = 0;
  let notedNow: number | undefined;

  function readClock(): ClockReading {
    const [aheadMs, lastAt] = read.get() ?? [];
    return { aheadMs: Number(aheadMs ?? 0), lastAt: Number(lastAt ?? 0) };
  }

  return {
    readClock,
    setClock(aheadMs: number): void {
      write.run(aheadMs);
    },
    /** The time of the file that the last operation brought. */
    latest(): number {
      notedNow ??= readClock().lastAt;
      return notedNow;
    },
    /** Remembers that it was `now`; costs nothing when that was done within the last second. */
    noteTime(now: number): void {
      notedNow = now;
      if (now < notedAt + NOTE_EVERY_MS) return;
      note.run(now);
      notedAt = now;
    },
    /** Writes something that changes nothing: it succeeds when the file can be written. */
    probe(): void {
      rewrite.run();
    },
  };
}
