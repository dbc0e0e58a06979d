import { appendFileSync } from 'node:fs';
import { type JobHandler, sleep, systemClock } from '@leveret/core';

/** How long a job takes, in milliseconds. */
const WORK_MS = 200;
/** The payload that kills whatever process runs it. */
export const DEADLY = 'kill';

/** Where beginnings are written down, and whose they are. */
export interface DeadlyOptions {
  readonly file: string;
  /** The worker's pid; a job may run in a child of it. */
  readonly worker: number;
}

/** A handler that writes down each job that it begins, with its worker, wherever it runs. */
export function createDeadlyHandler({ file, worker }: DeadlyOptions): JobHandler {
  return async ({ job, payload }) => {
    appendFileSync(file, `${job.id} ${worker}\n`);
    if (payload === DEADLY) process.kill(process.pid, 'SIGKILL');
    await sleep(systemClock, WORK_MS);
  };
}
