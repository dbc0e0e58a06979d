import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CountedJob } from './counted-job.ts';

/** What a process does: with RabbitMQ it records events or runs jobs, embedded it does everything. */
export type Role = 'recorder' | 'worker' | 'embedded';

/** What a process tells. `offered`: it has acted on all jobs that it was told. */
export type CountedNews =
  | { readonly what: 'ready' }
  | { readonly what: 'accepted'; readonly id: string }
  | { readonly what: 'offered' };

/** A process that is going to be killed. */
export interface CountedProcess {
  /** Has it enqueue jobs and act on them. Resolves when it has done that, or is gone. */
  offer(jobs: readonly CountedJob[], onAccepted: (id: string) => void): Promise<void>;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Where a process works. */
export interface Place {
  readonly file: string;
  /** Of RabbitMQ. */
  readonly url: string;
}

/** Starts a process; resolves when it is at work. */
export async function startCountedProcess(role: Role, { file, url }: Place): Promise<CountedProcess> {
  const child = fork(fileURLToPath(new URL('./counted-main.ts', import.meta.url)), [role, file, url]);
  // What it told last may come after its end.
  const gone = Promise.all([once(child, 'exit'), once(child, 'disconnect')]);
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    gone.then(([[code]]) => reject(new Error(`the ${role} ended with ${code}`)), reject);
  });
  return {
    async offer(jobs, onAccepted) {
      const offered = new Promise<void>((resolve) => {
        child.on('message', (news: CountedNews) => {
          if (news.what === 'accepted') onAccepted(news.id);
          if (news.what === 'offered') resolve();
        });
      });
      child.send(jobs);
      await Promise.race([offered, gone]);
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
