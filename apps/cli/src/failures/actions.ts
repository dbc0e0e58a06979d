import type { Operations } from '@leveret/control';
import { type ControlAction, type FailureGroup, type JobFilter, LeveretError } from '@leveret/core';
import { formatFilter } from '@leveret/http-contract';
import type { Command } from 'commander';
import { addManyFlags, type ManyFlags } from '../control/flags.ts';
import { CONTROL_EXIT_CODES, type ControlDependencies, withControl } from '../control/session.ts';
import { actOnMany, type Plan } from '../operations/act-on-many.ts';
import { jobsDoneBy } from '../operations/report.ts';
import { requireGroup } from './group.ts';

interface RetryFlags extends ManyFlags {
  readonly alsoRetrying: boolean;
}

const RETRY_HELP = `
Examples:
  leveret failures retry 9f2c41d07ab3e856 --rate 50 --reason 'mail server is up'
  leveret failures retry 9f2c41d07ab3e856 --also-retrying --yes
${CONTROL_EXIT_CODES}`;

const DISCARD_HELP = `
Examples:
  leveret failures discard 9f2c41d07ab3e856 --reason 'no such mailbox'
${CONTROL_EXIT_CODES}`;

const UNDO_HELP = `
Jobs that are not discarded any more, because they were restored, retried or deleted, are skipped.

Examples:
  leveret failures undo 0198c0de-4444-7222-8333-0123456789ab
${CONTROL_EXIT_CODES}`;

/** Adds `failures retry`, `failures discard` and `failures undo` to the commands on failures. */
export function addFailureActions(failures: Command, dependencies: ControlDependencies): void {
  addManyFlags(failures.command('retry'))
    .description('retry the dead jobs of a group of failures')
    .argument('<fingerprint>', 'its whole fingerprint')
    .option('--also-retrying', 'run its retrying jobs immediately, too', false)
    .addHelpText('after', RETRY_HELP)
    .action((fingerprint: string, flags: RetryFlags) =>
      actOnGroup(fingerprint, flags.alsoRetrying ? ['retry', 'run-now'] : ['retry'], flags, dependencies),
    );
  addManyFlags(failures.command('discard'))
    .description('discard the dead jobs of a group of failures')
    .argument('<fingerprint>', 'its whole fingerprint')
    .addHelpText('after', DISCARD_HELP)
    .action((fingerprint: string, flags: ManyFlags) =>
      actOnGroup(fingerprint, ['discard'], flags, dependencies),
    );
  addManyFlags(failures.command('undo'))
    .description('restore the jobs that an operation has discarded')
    .argument('<operation>', 'whole id of the operation: leveret operations list shows it')
    .addHelpText('after', UNDO_HELP)
    .action((id: string, flags: ManyFlags) => undo(id, flags, dependencies));
}

type GroupAction = Extract<ControlAction, 'retry' | 'run-now' | 'discard'>;

async function actOnGroup(
  fingerprint: string,
  actions: readonly GroupAction[],
  flags: ManyFlags,
  dependencies: ControlDependencies,
): Promise<void> {
  await withControl(flags.database, dependencies, async (session) => {
    const group = await requireGroup(session.reader, fingerprint);
    await actOnMany(
      session,
      actions.map((action) => toPlan(group, action)),
      flags,
      dependencies,
    );
  });
}

function toPlan({ fingerprint }: FailureGroup, action: GroupAction): Plan {
  const filter: JobFilter = { states: [action === 'run-now' ? 'retrying' : 'dead'], fingerprint };
  return { action, jobs: { filter }, selection: formatFilter(filter) };
}

async function undo(id: string, flags: ManyFlags, dependencies: ControlDependencies): Promise<void> {
  await withControl(flags.database, dependencies, async (session) => {
    const { operations } = session.control;
    const jobIds = await discardedBy(operations, id.toLowerCase());
    const plan: Plan = { action: 'restore', jobs: { jobIds }, selection: `discarded by operation ${id}` };
    await actOnMany(session, [plan], flags, dependencies);
  });
}

/** The jobs that an operation has discarded. @throws {LeveretError} `OPERATION_NOT_FOUND`; `CONFIG_INVALID` for any other operation, and for one that has not ended. */
async function discardedBy(operations: Operations, id: string): Promise<readonly string[]> {
  const operation = await operations.get(id);
  const { action, state } = operation;
  if (action !== 'discard') throw notUndone(`operation ${id} is ${action}: only a discard is undone`);
  if (state === 'running' || state === 'collecting')
    throw notUndone(`operation ${id} has not ended: leveret operations stop ${id} ends it`);
  return await jobsDoneBy(operations, operation);
}

function notUndone(words: string): LeveretError {
  return new LeveretError('CONFIG_INVALID', words);
}
