import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RunName } from './run-log.ts';

/** A job began or ended, at a moment of wall time in milliseconds. */
export interface RunNews extends RunName {
  readonly what: 'began' | 'ended';
  readonly at: number;
}

/** What a worker process tells. `lost`: its consuming connection, at a moment of wall time in milliseconds. */
export type WorkerNews =
  | { readonly what: 'ready' }
  | { readonly what: 'lost'; readonly at: number }
  | RunNews;

/** Told what a worker process does. */
export interface WorkerListener {
  /** A job began or ended there. */
  readonly onRun: (news: RunNews) => void;
  /** It noticed at the moment `at` that its connection was lost. */
  readonly onLost: (at: number) => void;
}

/** A worker in a process of its own. */
export interface WorkerProcess {
  readonly pid: number;
  /** Jobs that it has begun and not ended. */
  readonly inHand: ReadonlySet<string>;
  /** Sends a signal that does not end it. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a worker; resolves when it takes jobs. */
export async function startWorkerProcess(
  url: string,
  queue: string,
  { onRun, onLost }: WorkerListener,
): Promise<WorkerProcess> {
  const inHand = new Set<string>();
  const child = fork(fileURLToPath(new URL('./worker-main.ts', import.meta.url)), [url, queue]);
  // What it told last may come after its end.
  const gone = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  await new Promise<void>((resolve, reject) => {
    child.on('message', (news: WorkerNews) => {
      if (news.what === 'ready') return resolve();
      if (news.what === 'lost') return onLost(news.at);
      inHand[news.what === 'began' ? 'add' : 'delete'](news.id);
      return onRun(news);
    });
    gone.then(([[code]]) => reject(new Error(`the worker ended with ${code}`)), reject);
  });
  return {
    pid: child.pid ?? -1,
    inHand,
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
