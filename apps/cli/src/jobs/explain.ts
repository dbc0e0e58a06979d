import type { Cause, Explanation } from '@leveret/control';
import type { JobRecord } from '@leveret/core';
import type { Command } from 'commander';
import { CONTROL_EXIT_CODES, type ControlDependencies, withControl } from '../control/session.ts';
import { toMessageId } from '../failures/render-set-aside.ts';
import { addLedgerFlags, type LedgerFlags } from '../ledger/flags.ts';
import { withMoments } from '../ledger/moments.ts';
import { toLine, toMomentText } from '../ledger/words.ts';

const HELP = `
Every cause that holds now is listed, from what ledger and broker know.

Examples:
  leveret jobs explain 0198c0de-1111-7222-8333-0123456789ab
${CONTROL_EXIT_CODES}`;

/** Adds `jobs explain` to the commands on jobs. */
export function addExplain(jobs: Command, dependencies: ControlDependencies): void {
  addLedgerFlags(jobs.command('explain'))
    .description('say why a job is where it is, and what to do')
    .argument('<id>', 'its whole id')
    .addHelpText('after', HELP)
    .action((id: string, flags: LedgerFlags) => explain(id, flags, dependencies));
}

async function explain(
  id: string,
  { database, json }: LedgerFlags,
  dependencies: ControlDependencies,
): Promise<void> {
  const { print, clock } = dependencies;
  await withControl(database, dependencies, async ({ control }) => {
    const explanation = await control.explain(id.toLowerCase());
    print(json ? JSON.stringify(toJson(explanation)) : renderExplanation(explanation, clock.now()));
  });
}

function renderExplanation({ details: { job }, causes }: Explanation, now: number): string {
  const lines = causes.map((cause) => `- ${wordsOf(cause, job, now)}`);
  return [`${job.id} is ${job.state}`, ...lines].map(toLine).join('\n');
}

function toJson({ details: { job }, causes }: Explanation): Readonly<Record<string, unknown>> {
  return { id: job.id, state: job.state, causes: causes.map(toCauseJson) };
}

/** The cause, and the pause, the workers and the message in it. */
function toCauseJson(cause: Cause): Readonly<Record<string, unknown>> {
  if (cause.kind === 'unroutable') {
    const { seq, ...unroutable } = cause;
    return { ...withMoments(unroutable), setAside: toMessageId(seq) };
  }
  return {
    ...withMoments(cause),
    ...('pause' in cause ? { pause: withMoments(cause.pause) } : {}),
    ...('worker' in cause && cause.worker !== undefined ? { worker: withMoments(cause.worker) } : {}),
    ...('workers' in cause ? { workers: cause.workers.map(withMoments) } : {}),
  };
}

function since(moment: number | undefined, now: number): string {
  return moment === undefined ? '' : ` since ${toMomentText(moment, now)}`;
}

function wordsOf(cause: Cause, { state }: Pick<JobRecord, 'state'>, now: number): string {
  switch (cause.kind) {
    case 'running': {
      const { attempt, workerId = 'unknown', worker } = cause;
      const place =
        worker === undefined ? ', which was not seen lately' : ` (${worker.host}, pid ${worker.pid})`;
      return `attempt ${attempt} runs on worker ${workerId}${place}${since(cause.since, now)}`;
    }
    case 'aborting':
      return `attempt ${cause.attempt} still runs on worker ${cause.workerId ?? 'unknown'}, and is being aborted${since(cause.since, now)}`;
    case 'paused': {
      const { queue, by, reason, at } = cause.pause;
      return `queue ${queue} is paused by ${by}${since(at, now)}${reason === undefined ? '' : `: ${reason}`}: leveret queues resume ${queue}`;
    }
    case 'delayed':
      return `${DELAYS[cause.because]} at ${toMomentText(cause.until, now)}: leveret jobs run-now does not wait`;
    case 'held':
      return `held, ${cause.code}: ${cause.message}`;
    case 'no-worker-for-queue':
      return `no worker takes jobs of queue ${cause.queue}: start one`;
    case 'no-worker-for-kind':
      return `no worker of its queue has a handler for ${cause.jobKind}: there are ${cause.workers.map(({ workerId }) => workerId).join(', ')}`;
    case 'waiting':
      return cause.about === 1
        ? 'waits for its turn: about 1 job waits in its queue'
        : `waits for its turn: about ${cause.about.toLocaleString('en')} jobs wait in its queue`;
    case 'undispatched':
      return `the broker does not have it${since(cause.since, now)}${cause.broker.state === 'up' ? '' : `, because the broker is ${cause.broker.state}: ${cause.broker.reason}`}: an API process publishes it`;
    case 'unroutable':
      return `the broker could not route its message${since(cause.since, now)}, which is set aside as ${toMessageId(cause.seq)}: declare its queue with leveret init, then ${state === 'queued' ? 'leveret jobs cancel, and leveret jobs retry' : 'leveret jobs run-now'}`;
    case 'dead':
      return `dead after ${cause.attempts === 1 ? '1 attempt' : `${cause.attempts} attempts`}${since(cause.since, now)}, ${cause.code}: ${cause.message}: leveret jobs retry, or discard`;
    case 'ended':
      return `it has ended${since(cause.since, now)}`;
    case 'recorder-behind':
      return `the ledger may be behind: ${cause.waiting.toLocaleString('en')} messages with events wait for the recorder`;
    case 'control-away':
      return 'no process with the ledger answers workers: they start no job, for at most 30 s; start an API process';
  }
}

const DELAYS = {
  delay: 'it is to run',
  retry: 'its next attempt is due',
  hold: 'workers look at it again',
} as const;
