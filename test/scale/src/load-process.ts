import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadAnswer, LoadCommand } from './load-commands.ts';

/** Jobs that are enqueued and run in a process of their own. */
export interface LoadProcess extends AsyncDisposable {
  /** Starts to enqueue 200 jobs a second, and to run them. */
  start(): Promise<void>;
  /** Ends that: all that were accepted have run. */
  stop(): Promise<void>;
  /** Enqueues jobs, then runs them as fast as it can. Returns how many ran in a second. */
  drain(jobCount: number): Promise<number>;
}

/** Starts the process. */
export async function startLoadProcess(amqpUrl: string, file: string): Promise<LoadProcess> {
  const child = fork(fileURLToPath(new URL('./load-main.ts', import.meta.url)), [amqpUrl, file]);
  const gone = once(child, 'exit');

  async function nextAnswer(): Promise<LoadAnswer> {
    const ended = gone.then(([code]) =>
      Promise.reject(new Error(`the process with the load ended: ${code}`)),
    );
    const [answer] = (await Promise.race([once(child, 'message'), ended])) as [LoadAnswer];
    return answer;
  }

  async function ask(command: LoadCommand): Promise<LoadAnswer> {
    const answer = nextAnswer();
    child.send(command);
    return await answer;
  }

  await nextAnswer();
  return {
    async start() {
      await ask({ what: 'start' });
    },
    async stop() {
      await ask({ what: 'stop' });
    },
    async drain(jobCount) {
      const { perSecond = 0 } = await ask({ what: 'drain', jobCount });
      return perSecond;
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await gone;
    },
  };
}
