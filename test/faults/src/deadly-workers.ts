import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@leveret/core';

/** Worker processes, each of which is followed by another when it ends, as a supervisor would see to. */
export interface Supervisor {
  /** Workers that ended by a signal. */
  deathCount(): number;
  /** How long workers that ended by a signal were missing until now, in milliseconds, of all workers together. */
  downMs(): number;
  /** Has one worker drain and end; resolves when the next one takes jobs. */
  drainOne(): Promise<void>;
  /** Ends them all. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts `count` workers of `queue`; resolves when they take jobs. */
export async function superviseWorkers(
  count: number,
  { url, queue, file }: { readonly url: string; readonly queue: string; readonly file: string },
): Promise<Supervisor> {
  const entry = fileURLToPath(new URL('./deadly-worker-main.ts', import.meta.url));
  const alive = new Set<ChildProcess>();
  let next: (() => void) | undefined;
  let deathCount = 0;
  let pastDownMs = 0;
  const downSince = new Set<number>();
  let isOver = false;

  async function start(): Promise<void> {
    const child = fork(entry, [url, queue, file]);
    alive.add(child);
    child.once('exit', (_code, signal) => {
      alive.delete(child);
      if (isOver) return;
      const followed = signal === null ? start() : replaceDead();
      followed.then(
        () => next?.(),
        (error: unknown) => {
          throw error;
        },
      );
    });
    await once(child, 'message');
  }

  async function replaceDead(): Promise<void> {
    deathCount += 1;
    const since = systemClock.monotonic();
    downSince.add(since);
    await start();
    downSince.delete(since);
    pastDownMs += systemClock.monotonic() - since;
  }

  await Promise.all(Array.from({ length: count }, start));
  return {
    deathCount: () => deathCount,
    downMs() {
      const now = systemClock.monotonic();
      return [...downSince].reduce((sum, since) => sum + now - since, pastDownMs);
    },
    async drainOne() {
      const followed = new Promise<void>((resolve) => {
        next = resolve;
      });
      const [child] = alive;
      child?.kill('SIGTERM');
      await followed;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      const ended = [...alive].map((child) => once(child, 'exit'));
      for (const child of alive) child.kill('SIGKILL');
      await Promise.all(ended);
    },
  };
}
