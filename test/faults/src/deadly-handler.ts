import { appendFileSync } from 'node:fs';
import { type JobHandler, sleep, systemClock } from '@leveret/core';
import type { RunNews } from './worker-process.ts';

/** How long a job takes, in milliseconds. */
const WORK_MS = 200;
/** The payload that kills whatever process runs it. */
export const DEADLY = 'kill';

/** A job that began or ended, perhaps in a child process, or a connection that was lost; when, and the worker's pid. */
export type DeadlyNews = (
  | (RunNews & { readonly isInChild: boolean })
  | { readonly what: 'lost'; readonly at: number }
) & {
  readonly worker: number;
};

/** Where it is written down, one JSON text a line, and whose it is. */
export interface DeadlyOptions {
  readonly file: string;
  /** The worker's pid; a job may run in a child of it. */
  readonly worker: number;
}

/** A handler that writes down each job that it begins or ends, with its worker, wherever it runs. */
export function createDeadlyHandler({ file, worker }: DeadlyOptions): JobHandler {
  return async ({ job, payload }) => {
    const write = (what: RunNews['what']) =>
      writeNews(file, {
        what,
        id: job.id,
        attempt: job.attempt,
        at: systemClock.now(),
        worker,
        isInChild: process.pid !== worker,
      });
    write('began');
    if (payload === DEADLY) process.kill(process.pid, 'SIGKILL');
    await sleep(systemClock, WORK_MS);
    write('ended');
  };
}

/** Writes something down. */
export function writeNews(file: string, news: DeadlyNews): void {
  appendFileSync(file, `${JSON.stringify(news)}\n`);
}
