import type { Clock } from '../clock.ts';

/** A clock that a test turns by hand. */
export interface ManualClock extends Clock {
  /** Moves time forward by `ms`, running what falls due in order, each at its own moment, and what that leads to. */
  advance(ms: number): Promise<void>;
  /** Moves time forward as for a process that was busy for `ms`: what fell due meanwhile runs once, and late. */
  stall(ms: number): void;
  /** How many things are scheduled. */
  pending(): number;
}

interface Timer {
  readonly dueAt: number;
  readonly run: () => void;
}

/** Lets every promise that can settle do so. */
async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A manual clock that shows `startAt` (milliseconds since 1970). */
export function createManualClock(startAt = 1_700_000_000_000): ManualClock {
  const timers = new Set<Timer>();
  let now = startAt;
  const nextDue = (until: number) =>
    [...timers].filter(({ dueAt }) => dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0];
  return {
    now: () => now,
    monotonic: () => now - startAt,
    schedule(delayMs, run) {
      const timer = { dueAt: now + Math.max(delayMs, 0), run };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    async advance(ms) {
      const until = now + ms;
      await settlePromises();
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        now = Math.max(now, timer.dueAt);
        timer.run();
        await settlePromises();
      }
      now = until;
    },
    stall(ms) {
      now += ms;
      const due = [...timers].filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt);
      for (const timer of due) if (timers.delete(timer)) timer.run();
    },
    pending: () => timers.size,
  };
}
