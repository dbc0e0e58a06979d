import { type Clock, LeveretError, sleep } from '@leveret/core';
import type { Contender } from '../contender.ts';

/** Jobs that are enqueued in a second. */
const JOBS_PER_SECOND = 200;

/** Jobs that are enqueued and done all the time. */
export interface SteadyLoad {
  /** How long each job took to enqueue, or to be refused, since the last call, in milliseconds. */
  take(): readonly number[];
  /** Resolves when all jobs are accepted or refused. */
  stop(): Promise<void>;
}

/** Starts to enqueue {@link JOBS_PER_SECOND} jobs, and a worker that does them. */
export async function startSteadyLoad(
  leveret: Pick<Contender, 'enqueue' | 'listen'>,
  clock: Clock,
): Promise<SteadyLoad> {
  const stopWorker = await leveret.listen(() => undefined);
  let durations: number[] = [];
  let isStopped = false;

  async function enqueue(): Promise<void> {
    const startedAt = clock.monotonic();
    try {
      await leveret.enqueue();
    } catch (error) {
      if (!(error instanceof LeveretError)) throw error;
    }
    durations.push(clock.monotonic() - startedAt);
  }

  async function enqueueAll(): Promise<void> {
    const jobs: Promise<void>[] = [];
    const startedAt = clock.monotonic();
    while (!isStopped) {
      // Those that are late are enqueued together.
      const dueCount = Math.floor(((clock.monotonic() - startedAt) * JOBS_PER_SECOND) / 1_000);
      while (jobs.length < dueCount) jobs.push(enqueue());
      await sleep(clock, 1_000 / JOBS_PER_SECOND);
    }
    await Promise.all(jobs);
  }

  const enqueued = enqueueAll();
  return {
    take() {
      const taken = durations;
      durations = [];
      return taken;
    },
    async stop() {
      isStopped = true;
      await enqueued;
      await stopWorker();
    },
  };
}
