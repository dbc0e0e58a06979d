import { type ChangeFeed, type Clock, JOB_STATES, type JobRecord, sleep } from '@leveret/core';
import type { JobLookup } from './job-lookup.ts';

/** Most clients of a process that wait at the same time: further ones are answered immediately. */
export const MAX_WAITING = 1_000;

/** What waiting works with. */
export interface JobWaitsOptions {
  readonly lookup: Pick<JobLookup, 'find'>;
  readonly changes: ChangeFeed;
  readonly clock: Clock;
}

/** Waits for the end of jobs. */
export interface JobWaits {
  /**
   * The job once it has ended, or as it is after `waitMs`, when `signal` aborts, or immediately when {@link MAX_WAITING} others wait. Undefined when there is none of that id.
   * @throws {LeveretError} as `JobLookup.find` does.
   */
  untilEnded(id: string, waitMs: number, signal: AbortSignal): Promise<JobRecord | undefined>;
  /** Answers everybody who waits with the job as it is, and lets nobody wait any more. */
  close(): void;
}

/** Creates them. They follow the changes of the ledger only while somebody waits, and read a job when it was changed. */
export function createJobWaits({ lookup, changes, clock }: JobWaitsOptions): JobWaits {
  const wakesById = new Map<string, Set<() => void>>();
  let waitingCount = 0;
  let isClosed = false;
  let unfollow: (() => void) | undefined;

  function wake(ids: Iterable<string>): void {
    for (const id of ids) for (const wakeOne of wakesById.get(id) ?? []) wakeOne();
  }

  function enter(id: string, wakeOne: () => void): void {
    wakesById.set(id, (wakesById.get(id) ?? new Set()).add(wakeOne));
    waitingCount += 1;
    unfollow ??= changes.follow(({ jobIds, isGap }) => wake(isGap ? [...wakesById.keys()] : jobIds));
  }

  function leave(id: string, wakeOne: () => void): void {
    const wakes = wakesById.get(id);
    wakes?.delete(wakeOne);
    if (wakes?.size === 0) wakesById.delete(id);
    waitingCount -= 1;
    if (waitingCount > 0) return;
    unfollow?.();
    unfollow = undefined;
  }

  async function wait(id: string, waitMs: number, signal: AbortSignal): Promise<JobRecord | undefined> {
    const until = clock.monotonic() + waitMs;
    let changed = new AbortController();
    const wakeOne = () => changed.abort();
    enter(id, wakeOne);
    signal.addEventListener('abort', wakeOne, { once: true });
    try {
      for (;;) {
        // Made before the job is read: a change that comes meanwhile is not missed.
        changed = new AbortController();
        const job = await lookup.find(id);
        const leftMs = until - clock.monotonic();
        if (job === undefined || isOver(job) || leftMs <= 0 || signal.aborted || isClosed) return job;
        await sleep(clock, leftMs, changed.signal);
      }
    } finally {
      signal.removeEventListener('abort', wakeOne);
      leave(id, wakeOne);
    }
  }

  return {
    async untilEnded(id, waitMs, signal) {
      const job = await lookup.find(id);
      if (job === undefined || isOver(job) || isClosed || waitingCount >= MAX_WAITING) return job;
      return await wait(id, waitMs, signal);
    },
    close() {
      isClosed = true;
      wake([...wakesById.keys()]);
    },
  };
}

function isOver({ state }: JobRecord): boolean {
  return JOB_STATES[state].terminal;
}
