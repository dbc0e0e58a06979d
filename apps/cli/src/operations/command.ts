import type { OperationRecord } from '@leveret/core';
import type { Command } from 'commander';
import { authorOf } from '../control/author.ts';
import { type ActionFlags, addActionFlags, toWhole } from '../control/flags.ts';
import { CONTROL_EXIT_CODES, type ControlDependencies, withControl } from '../control/session.ts';
import { addLedgerFlags, EXIT_CODES, type LedgerFlags } from '../ledger/flags.ts';
import { howToGoOn, isAllDone } from './act-on-many.ts';
import { reportOn } from './report.ts';
import {
  renderOperations,
  renderOutcome,
  renderProgress,
  renderReport,
  toOperationJson,
  toReportJson,
} from './words.ts';

interface LimitFlags extends LedgerFlags {
  readonly limit: number;
}

/** Most operations of a list. */
const MAX_OPERATIONS = 500;
const DEFAULT_OPERATIONS = 20;
/** Most jobs of an operation that are shown. */
const MAX_ITEMS = 1_000;
const DEFAULT_ITEMS = 20;

const LIST_HELP = `
Examples:
  leveret operations list
  leveret operations list --json | jq -r '.operations[] | select(.state == "running") | .id'
${EXIT_CODES}`;

const SHOW_HELP = `
Examples:
  leveret operations show 0198c0de-4444-7222-8333-0123456789ab
  leveret operations show 0198c0de-4444-7222-8333-0123456789ab --limit 1000 --json | jq -r '.notDone[].jobId'
${EXIT_CODES}`;

const STOP_HELP = `
What was done stays done. A job that was discarded is restored by leveret failures undo.

Examples:
  leveret operations stop 0198c0de-4444-7222-8333-0123456789ab --reason 'wrong filter'
${CONTROL_EXIT_CODES}`;

const RESUME_HELP = `
The operation goes on with the next of its jobs. While another process works on it, the command waits, and takes over when that process is gone.

Examples:
  leveret operations resume 0198c0de-4444-7222-8333-0123456789ab
${CONTROL_EXIT_CODES}`;

/** Adds `operations list`, `operations show`, `operations stop` and `operations resume`. */
export function addOperationsCommands(program: Command, dependencies: ControlDependencies): void {
  const operations = program
    .command('operations')
    .description('actions on many jobs: list, show, stop, resume');
  addLedgerFlags(operations.command('list'))
    .description('list operations, the newest first')
    .option(
      '--limit <count>',
      `operations, up to ${MAX_OPERATIONS}`,
      (text) => toWhole(text, MAX_OPERATIONS),
      DEFAULT_OPERATIONS,
    )
    .addHelpText('after', LIST_HELP)
    .action((flags: LimitFlags) => list(flags, dependencies));
  addLedgerFlags(operations.command('show'))
    .description('show how far an operation is, and which jobs it skipped')
    .argument('<id>', 'its whole id')
    .option(
      '--limit <count>',
      `jobs that were skipped or failed, up to ${MAX_ITEMS}`,
      (text) => toWhole(text, MAX_ITEMS),
      DEFAULT_ITEMS,
    )
    .addHelpText('after', SHOW_HELP)
    .action((id: string, flags: LimitFlags) => show(id, flags, dependencies));
  addActionFlags(operations.command('stop'))
    .description('stop an operation: its other jobs stay as they are')
    .argument('<id>', 'its whole id')
    .addHelpText('after', STOP_HELP)
    .action((id: string, flags: ActionFlags) => stop(id, flags, dependencies));
  addLedgerFlags(operations.command('resume'))
    .description('go on with an operation whose process has ended')
    .argument('<id>', 'its whole id')
    .addHelpText('after', RESUME_HELP)
    .action((id: string, flags: LedgerFlags) => resume(id, flags, dependencies));
}

async function list({ limit, database, json }: LimitFlags, dependencies: ControlDependencies): Promise<void> {
  const { print, clock } = dependencies;
  await withControl(database, dependencies, async ({ control }) => {
    const operations = await control.operations.list(limit);
    if (json) return print(JSON.stringify({ operations: operations.map(toOperationJson) }));
    print(operations.length === 0 ? 'No operations.' : renderOperations(operations, clock.now()));
  });
}

async function show(
  id: string,
  { limit, database, json }: LimitFlags,
  dependencies: ControlDependencies,
): Promise<void> {
  const { print, clock } = dependencies;
  await withControl(database, dependencies, async ({ control: { operations } }) => {
    const report = await reportOn(operations, await operations.get(id.toLowerCase()), limit);
    print(json ? JSON.stringify(toReportJson(report)) : renderReport(report, clock.now()));
  });
}

async function stop(
  id: string,
  { reason, database, json }: ActionFlags,
  dependencies: ControlDependencies,
): Promise<void> {
  const { print, fail } = dependencies;
  await withControl(database, dependencies, async ({ control: { operations } }) => {
    const stopped = await operations.stop(id.toLowerCase(), authorOf(reason));
    print(json ? JSON.stringify(toOperationJson(stopped)) : renderProgress(stopped));
    // It has ended before: nothing was stopped.
    if (stopped.state === 'done') fail();
  });
}

async function resume(
  id: string,
  { database, json }: LedgerFlags,
  dependencies: ControlDependencies,
): Promise<void> {
  const { print, terminal, fail } = dependencies;
  await withControl(database, dependencies, async ({ control: { operations } }) => {
    const onProgress = (operation: OperationRecord) => terminal.progress(renderProgress(operation));
    const ended = await terminal.interruptible((signal) =>
      operations.work(id.toLowerCase(), { signal, onProgress }),
    );
    if (ended.state === 'running') terminal.say(howToGoOn(ended));
    const report = await reportOn(operations, ended, DEFAULT_ITEMS);
    print(json ? JSON.stringify(toReportJson(report)) : renderOutcome(report));
    if (!isAllDone(ended)) fail();
  });
}
