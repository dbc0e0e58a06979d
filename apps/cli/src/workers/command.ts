import type { SeenWorker } from '@leveret/core';
import type { Command } from 'commander';
import { type ControlDependencies, withControl } from '../control/session.ts';
import { addLedgerFlags, EXIT_CODES, type LedgerFlags } from '../ledger/flags.ts';
import { withMoments } from '../ledger/moments.ts';
import { renderTable } from '../ledger/table.ts';
import { toDistance } from '../ledger/words.ts';

/** Workers that were seen within this time are listed, in milliseconds: the ledger forgets them then. */
const LISTED_WITHIN_MS = 3_600_000;

const LIST_HELP = `
A worker that runs is seen every five seconds. One that has stopped is not listed; one that was killed is listed for an hour.

Examples:
  leveret workers list
  leveret workers list --json | jq -r '.workers[] | select(.queues | index("mail")) | .workerId'
${EXIT_CODES}`;

/** Adds `workers list`. */
export function addWorkersCommands(program: Command, dependencies: ControlDependencies): void {
  const workers = program.command('workers').description('show the workers');
  addLedgerFlags(workers.command('list'))
    .description('list the workers that were seen in the last hour')
    .addHelpText('after', LIST_HELP)
    .action((flags: LedgerFlags) => list(flags, dependencies));
}

async function list({ database, json }: LedgerFlags, dependencies: ControlDependencies): Promise<void> {
  const { print, clock } = dependencies;
  await withControl(database, dependencies, async ({ store }) => {
    const workers = await store.workers(LISTED_WITHIN_MS);
    if (json) return print(JSON.stringify({ workers: workers.map(withMoments) }));
    print(workers.length === 0 ? 'No workers.' : renderWorkers(workers, clock.now()));
  });
}

function renderWorkers(workers: readonly SeenWorker[], now: number): string {
  const head = ['worker', 'host', 'pid', 'version', 'queues', 'concurrency', 'started', 'last seen'];
  const rows = workers.map((worker) => [
    worker.workerId,
    worker.host,
    String(worker.pid),
    worker.version,
    worker.queues.join(', '),
    String(worker.concurrency),
    toDistance(worker.startedAt, now),
    toDistance(worker.seenAt, now),
  ]);
  return renderTable(head, rows, ['left', 'left', 'right', 'left', 'left', 'right']);
}
