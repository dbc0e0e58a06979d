import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Worker processes, each of which is followed by another when it ends, as a supervisor would see to. */
export interface Supervisor {
  /** Workers that ended by a signal. */
  deathCount(): number;
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
  let isOver = false;

  async function start(): Promise<void> {
    const child = fork(entry, [url, queue, file]);
    alive.add(child);
    child.once('exit', (_code, signal) => {
      alive.delete(child);
      if (isOver) return;
      if (signal !== null) deathCount += 1;
      start().then(
        () => next?.(),
        (error: unknown) => {
          throw error;
        },
      );
    });
    await once(child, 'message');
  }

  await Promise.all(Array.from({ length: count }, start));
  return {
    deathCount: () => deathCount,
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
