import type { JobClient } from '@leveret/client';
import type { Control } from '@leveret/control';
import {
  type ControlAction,
  deadLetter,
  defineJob,
  type JobHandler,
  LeveretError,
  newId,
  sleep,
  systemClock,
  systemRandom,
} from '@leveret/core';

/** The queue of the jobs. */
export const COUNTED_QUEUE = 'counted';

/** What becomes of a job when no operator acts on it. */
const DOINGS = ['succeed', 'retry', 'give-up', 'fail'] as const;
type Doing = (typeof DOINGS)[number];

/** How long a handler takes, in milliseconds. */
const WORK_MS = 10;
/** The longest that an operator waits before acting on a job, in milliseconds. */
const ACTS_WITHIN_MS = 400;
/** What an operator does with every third job. Most jobs are in another state then: the action is refused. */
const ACTIONS: readonly ControlAction[] = ['cancel', 'retry', 'cancel', 'run-now', 'discard'];

/** A job that is about to be enqueued. */
export interface CountedJob {
  readonly id: string;
  readonly doing: Doing;
  readonly delayMs: number;
  readonly action?: ControlAction;
}

export const countedJob = defineJob({
  kind: 'counted.job',
  queue: COUNTED_QUEUE,
  payload: {
    '~standard': { version: 1, vendor: 'faults', validate: (value: unknown) => ({ value: value as Doing }) },
  },
  retry: { attempts: 2, firstDelayMs: 200, maxDelayMs: 200 },
});

/** Does what the payload says. */
export const workOnCounted: JobHandler<typeof countedJob, null> = async ({ payload, job }) => {
  await sleep(systemClock, WORK_MS);
  if (payload === 'give-up') throw deadLetter('the address does not exist');
  if (payload === 'fail') throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  if (payload === 'retry' && job.attempt === 1)
    throw Object.assign(new Error('the server is busy'), { code: 'EBUSY' });
  return null;
};

/** New jobs of all sorts. */
export function createCountedJobs(count: number): readonly CountedJob[] {
  return Array.from({ length: count }, (_, index) => {
    const doing = DOINGS[index % DOINGS.length] ?? 'succeed';
    const action = index % 3 === 0 ? ACTIONS[(index / 3) % ACTIONS.length] : undefined;
    const delayMs = index % 5 === 0 ? ACTS_WITHIN_MS : 0;
    return {
      id: newId(systemClock, systemRandom),
      doing,
      delayMs,
      ...(action === undefined ? {} : { action }),
    };
  });
}

/**
 * Enqueues jobs, and acts on them at random moments. `onAccepted` is called for each job that is accepted.
 * @throws what the client or control throws, except when a job does not suit an action.
 */
export async function offerJobs(
  { client, control }: { readonly client: JobClient; readonly control: Control },
  jobs: readonly CountedJob[],
  onAccepted: (id: string) => void,
): Promise<void> {
  async function offer({ id, doing, delayMs, action }: CountedJob): Promise<void> {
    await client.enqueue(countedJob, doing, { id, delayMs });
    onAccepted(id);
    if (action === undefined) return;
    await sleep(systemClock, systemRandom() * ACTS_WITHIN_MS);
    await control.act({ action, jobId: id, by: 'test' }).catch((error: unknown) => {
      if (!(error instanceof LeveretError && error.code === 'ACTION_REFUSED')) throw error;
    });
  }
  await Promise.all(jobs.map(offer));
}
