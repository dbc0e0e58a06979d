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
  /**
   * Begins to ask the file how far it is ahead; what it says is given to the function returned. Another process may have seen
   * a jump that this one opened in the middle of.
   */
  ask(clock: Clock): (aheadMs: number) => void;
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
  let noteCount = 0;

  function writeDown(): void {
    isNoted = false;
    noteCount += 1;
    note(aheadMs).then(
      () => {
        isNoted = true;
      },
      () => undefined, // Tried again when the file is asked the next time.
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

  /** Takes what the file said as the truth: whoever saw the jump wrote it. */
  function adopt(told: number): void {
    for (const [known, base] of bases) bases.set(known, base + told - aheadMs);
    aheadMs = told;
  }

  return {
    now,
    ask(clock) {
      const askedAt = isNoted ? noteCount : undefined;
      return (told) => {
        now(clock);
        if (Math.abs(told - aheadMs) <= STEP_MS) return;
        if (!isNoted) writeDown();
        // Asked before a note of our own was in the file, it may tell what was there before that.
        else if (askedAt === noteCount) adopt(told);
      };
    },
  };
}
