import { type Cause, describeCause, type Explanation, toMessageId } from '@leveret/control';
import type { JobRecord } from '@leveret/core';
import type { Command } from 'commander';
import { CONTROL_EXIT_CODES, type ControlDependencies, withControl } from '../control/session.ts';
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

function wordsOf(cause: Cause, job: Pick<JobRecord, 'state'>, now: number): string {
  const { text, detail, advice, since, until } = describeCause(cause);
  const moments = [
    ...(since === undefined ? [] : [` since ${toMomentText(since, now)}`]),
    ...(until === undefined ? [] : [` until ${toMomentText(until, now)}`]),
  ];
  const more = [detail, commandFor(cause, job) ?? advice].filter((words) => words !== undefined);
  return [`${text}${moments.join('')}`, ...more].join(': ');
}

/** The command that does what is advised, where there is one. */
function commandFor(cause: Cause, { state }: Pick<JobRecord, 'state'>): string | undefined {
  if (cause.kind === 'paused') return `leveret queues resume ${cause.pause.queue}`;
  if (cause.kind === 'delayed') return 'leveret jobs run-now does not wait';
  if (cause.kind === 'unroutable')
    return `declare its queue with leveret init, then ${state === 'queued' ? 'leveret jobs cancel, and leveret jobs retry' : 'leveret jobs run-now'}`;
  return cause.kind === 'dead' ? 'leveret jobs retry, or discard' : undefined;
}
