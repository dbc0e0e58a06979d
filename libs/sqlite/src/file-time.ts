import type { Clock } from '@leveret/core';
import type { ClockReading } from './clock-operations.ts';

/** A step of the wall clock that is worth noting, in milliseconds: smaller ones are within what is promised. */
const STEP_MS = 500;

/**
 * The time of one file, in milliseconds, the same for all processes of the machine. It goes on evenly while the wall clock
 * jumps, so a jump makes nothing due early and strands nothing: each process follows its own monotonic clock from the
 * moment it opened the file, and notes in the file how far that is ahead of the wall clock, for those that open it later.
 *
 * While no process has the file open, time goes on by the wall clock, so through a reboot too; set back meanwhile, it goes
 * on from the last time noted. What a clock was set forward meanwhile cannot be told from time that passed. Time in which the
 * machine is suspended does not count.
 */
export interface FileTime {
  /** What time it is by `clock`; whole milliseconds. */
  now(clock: Clock): number;
  /** Learns what the file says: another process may have seen a jump that this one opened in the middle of. */
  compare(clock: Clock, aheadMs: number): void;
}

/**
 * Creates the time of a file that was just opened.
 *
 * @param note Writes to the file how far it is ahead of the wall clock; rejects when that cannot be done now.
 */
export function createFileTime(
  { aheadMs: first, lastAt }: ClockReading,
  note: (aheadMs: number) => Promise<void>,
): FileTime {
  const bases = new Map<Clock, number>();
  let aheadMs = first;
  let isNoted = true;

  function writeDown(): void {
    isNoted = false;
    note(aheadMs).then(
      () => {
        isNoted = true;
      },
      () => undefined, // Tried again at the next comparison.
    );
  }

  function now(clock: Clock): number {
    const wall = clock.now();
    const base = bases.get(clock) ?? Math.max(wall + aheadMs, lastAt) - clock.monotonic();
    bases.set(clock, base);
    const time = Math.floor(base + clock.monotonic());
    if (Math.abs(time - wall - aheadMs) > STEP_MS) {
      aheadMs = time - wall;
      writeDown();
    }
    return time;
  }

  return {
    now,
    compare(clock, told) {
      now(clock);
      const differenceMs = told - aheadMs;
      if (Math.abs(differenceMs) <= STEP_MS) return;
      if (!isNoted) return writeDown();
      for (const [known, base] of bases) bases.set(known, base + differenceMs);
      aheadMs = told;
    },
  };
}
