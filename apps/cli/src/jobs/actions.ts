import {
  CONTROL_ACTIONS,
  type ControlAction,
  type JobFilter,
  LeveretError,
  toSelection,
} from '@leveret/core';
import { formatFilter, parseFilter } from '@leveret/http-contract';
import type { Command } from 'commander';
import { addManyFlags, type ManyFlags, toWhole } from '../control/flags.ts';
import { CONTROL_EXIT_CODES, type ControlDependencies, withControl } from '../control/session.ts';
import { actOnMany, type Plan } from '../operations/act-on-many.ts';
import { actOnOne } from './act-on-one.ts';

interface ActFlags extends ManyFlags {
  readonly filter?: string;
  readonly wait?: boolean;
  readonly timeout?: number;
}

/** Longest time to wait for an attempt that runs, in seconds. */
const MAX_TIMEOUT_S = 86_400;
const DEFAULT_TIMEOUT_S = 60;

const ID = '0198c0de-1111-7222-8333-0123456789ab';
const EXAMPLES: Readonly<Record<ControlAction, readonly string[]>> = {
  cancel: [`${ID} --wait`, `--filter 'kind:mail.* age:>1h' --reason 'sent by hand'`],
  'run-now': [ID, `--filter 'error:ECONNREFUSED' --rate 50`],
  retry: [ID, `--filter 'state:dead error:ECONNREFUSED' --rate 50 --reason 'mail server is up'`],
  discard: [ID, `--filter 'state:dead error:"no such mailbox"' --yes`],
  restore: [ID, `--filter 'state:discarded updated:<1h'`],
};

/** Adds `jobs cancel`, `jobs run-now`, `jobs retry`, `jobs discard` and `jobs restore` to the commands on jobs. */
export function addJobActions(jobs: Command, dependencies: ControlDependencies): void {
  for (const action of Object.keys(CONTROL_ACTIONS) as readonly ControlAction[]) {
    const command = addManyFlags(jobs.command(action))
      .description(CONTROL_ACTIONS[action].meaning)
      .argument('[ids...]', 'whole ids of jobs')
      .option('--filter <text>', 'many jobs, as for leveret jobs list')
      .addHelpText('after', helpOf(action))
      .action((ids: readonly string[], flags: ActFlags) => act(action, ids, flags, dependencies));
    if (action === 'cancel')
      command
        .option('--wait', 'of one job: wait until an attempt that runs has ended', false)
        .option(
          '--timeout <seconds>',
          'wait at most so long',
          (text) => toWhole(text, MAX_TIMEOUT_S),
          DEFAULT_TIMEOUT_S,
        );
  }
}

function helpOf(action: ControlAction): string {
  return `
Of several jobs, and of those of a filter, an operation is made: see leveret operations. A filter without a state selects jobs that are
${CONTROL_ACTIONS[action].selects.join(', ')}.

Examples:
${EXAMPLES[action].map((example) => `  leveret jobs ${action} ${example}`).join('\n')}
${CONTROL_EXIT_CODES}`;
}

async function act(
  action: ControlAction,
  given: readonly string[],
  flags: ActFlags,
  dependencies: ControlDependencies,
): Promise<void> {
  const { filter, wait = false, timeout = DEFAULT_TIMEOUT_S, database } = flags;
  const ids = [...new Set(given.map((id) => id.toLowerCase()))];
  const [jobId] = ids;
  if (ids.length > 0 === (filter !== undefined))
    throw wrong(`name the jobs of leveret jobs ${action} by their ids, or by --filter`);
  const isOne = jobId !== undefined && ids.length === 1;
  if (wait && !isOne) throw wrong('--wait is for one job');
  const plan = isOne ? undefined : toPlan(action, ids, parsed(filter, action, dependencies.clock.now()));
  await withControl(database, dependencies, async (session) => {
    if (plan !== undefined) return await actOnMany(session, [plan], flags, dependencies);
    const waitMs = wait ? { waitMs: timeout * 1_000 } : {};
    await actOnOne(session, { action, jobId: jobId ?? '', ...waitMs }, flags, dependencies);
  });
}

function parsed(text: string | undefined, action: ControlAction, now: number): JobFilter | undefined {
  if (text === undefined) return undefined;
  return toSelection(action, parseFilter(text, now));
}

function toPlan(action: ControlAction, jobIds: readonly string[], filter: JobFilter | undefined): Plan {
  return filter === undefined
    ? { action, jobs: { jobIds }, selection: 'by id' }
    : { action, jobs: { filter }, selection: formatFilter(filter) };
}

function wrong(words: string): LeveretError {
  return new LeveretError('CONFIG_INVALID', words);
}
