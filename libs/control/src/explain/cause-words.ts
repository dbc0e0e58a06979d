import type { Cause } from './causes.ts';

/** A cause for people. Moments are milliseconds since 1970. */
export interface CauseWords {
  /** What holds, without its moments. */
  readonly text: string;
  /** The reason that was given for it. */
  readonly detail?: string;
  /** What to do about it. */
  readonly advice?: string;
  readonly since?: number;
  readonly until?: number;
}

/** Says a cause in words. Pure. Texts that workers and operators gave are part of it as they came. */
export function describeCause(cause: Cause): CauseWords {
  switch (cause.kind) {
    case 'running': {
      const { attempt, workerId = 'unknown', worker } = cause;
      const place =
        worker === undefined ? ', which was not seen lately' : ` (${worker.host}, pid ${worker.pid})`;
      return { text: `attempt ${attempt} runs on worker ${workerId}${place}`, ...since(cause.since) };
    }
    case 'aborting':
      return {
        text: `attempt ${cause.attempt} still runs on worker ${cause.workerId ?? 'unknown'}, and is being aborted`,
        ...since(cause.since),
      };
    case 'paused': {
      const { queue, by, reason, at } = cause.pause;
      const detail = reason === undefined ? {} : { detail: reason };
      return { text: `queue ${queue} is paused by ${by}`, ...detail, advice: 'resume the queue', since: at };
    }
    case 'delayed':
      return { text: DELAYS[cause.because], advice: 'run it now, without waiting', until: cause.until };
    case 'held':
      return {
        text: 'no worker knew what to do with it',
        detail: `${cause.code}: ${cause.message}`,
        advice: 'start a worker that can run it',
      };
    case 'no-worker-for-queue':
      return { text: `no worker consumes queue ${cause.queue}`, advice: 'start one' };
    case 'no-worker-for-kind': {
      const names = cause.workers.map(({ workerId }) => workerId).join(', ');
      return {
        text: `no worker of its queue has a handler for ${cause.jobKind}: there are ${names}`,
        advice: 'start one that has it',
      };
    }
    case 'waiting': {
      const jobs = cause.about === 1 ? '1 job waits' : `${cause.about.toLocaleString('en')} jobs wait`;
      return { text: `waits for its turn: about ${jobs} in its queue` };
    }
    case 'undispatched': {
      const { broker } = cause;
      const why = broker.state === 'up' ? {} : { detail: `the broker is ${broker.state}: ${broker.reason}` };
      return {
        text: 'the broker does not have it',
        ...why,
        advice: 'an API process publishes it',
        since: cause.since,
      };
    }
    case 'unroutable':
      return {
        text: 'the broker could not route its message',
        detail: `it is set aside as m${cause.seq}`,
        advice: 'declare its queue, then run it now; if it is queued, cancel it and retry it',
        since: cause.since,
      };
    case 'dead': {
      const attempts = cause.attempts === 1 ? '1 attempt' : `${cause.attempts} attempts`;
      return {
        text: `dead after ${attempts}`,
        detail: `${cause.code}: ${cause.message}`,
        advice: 'retry it, or discard it',
        ...since(cause.since),
      };
    }
    case 'ended':
      return { text: `it has ended as ${cause.state}`, ...since(cause.since) };
    case 'recorder-behind':
      return {
        text: `the ledger may be behind: ${cause.waiting.toLocaleString('en')} messages with events wait for the recorder`,
      };
    case 'control-away':
      return {
        text: 'no process with the ledger answers workers: they start no job, for at most 30 s',
        advice: 'start an API process',
      };
  }
}

const DELAYS = {
  delay: 'it is delayed',
  retry: 'it waits for its next attempt',
  hold: 'workers do not look at it again',
} as const;

function since(moment: number | undefined): Pick<CauseWords, 'since'> {
  return moment === undefined ? {} : { since: moment };
}
