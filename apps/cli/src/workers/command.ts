import { FORGET_WORKER_AFTER_MS, type SeenWorker, type WorkerLoad } from '@leveret/core';
import type { Command } from 'commander';
import { type ControlDependencies, withControl } from '../control/session.ts';
import { addLedgerFlags, EXIT_CODES, type LedgerFlags } from '../ledger/flags.ts';
import { withMoments } from '../ledger/moments.ts';
import { renderTable } from '../ledger/table.ts';
import { toDistance, toDurationText } from '../ledger/words.ts';

const LIST_HELP = `
A worker that runs is seen every five seconds. One that has stopped is not listed; one that was killed is listed for an hour.
Of each: its slots in use and all its slots, by queue; the resident memory of its process; its CPU time as a share of one core; by how much its event
loop is late (99th percentile); and for how long the job that started first has run. --json has the jobs that run.

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
    const workers = await store.workers(FORGET_WORKER_AFTER_MS);
    if (json) return print(JSON.stringify({ workers: workers.map(toWorkerJson) }));
    print(workers.length === 0 ? 'No workers.' : renderWorkers(workers, clock.now()));
  });
}

function renderWorkers(workers: readonly SeenWorker[], now: number): string {
  const head = [
    ...['worker', 'host', 'pid', 'version', 'queues', 'concurrency'],
    ...['slots in use', 'memory', 'CPU', 'loop delay', 'longest run', 'started', 'last seen'],
  ];
  const rows = workers.map((worker) => [
    worker.workerId,
    worker.host,
    String(worker.pid),
    worker.version,
    worker.queues.join(', '),
    String(worker.concurrency),
    ...renderLoad(worker),
    toDistance(worker.startedAt, now),
    toDistance(worker.seenAt, now),
  ]);
  const figures = ['memory', 'CPU', 'loop delay', 'longest run'].map(() => 'right' as const);
  return renderTable(head, rows, ['left', 'left', 'right', 'left', 'left', 'right', 'left', ...figures]);
}

/** Nothing is known of what a worker of an earlier build does. */
function renderLoad({ load, seenAt }: SeenWorker): readonly string[] {
  if (load === undefined) return ['', '', '', '', ''];
  const [first] = load.running;
  return [
    load.slots.map(({ queue, size, busy }) => `${queue} ${busy}/${size}`).join(', '),
    `${Math.round(load.rssBytes / 1_048_576).toLocaleString('en')} MiB`,
    `${Math.round(load.cpuShare * 100)} %`,
    toDurationText(load.eventLoopDelayMs),
    first === undefined ? '' : toDurationText(Math.max(0, seenAt - first.startedAt)),
  ];
}

function toWorkerJson({ load, ...worker }: SeenWorker): Readonly<Record<string, unknown>> {
  return { ...withMoments(worker), ...(load === undefined ? {} : { load: toLoadJson(load) }) };
}

function toLoadJson({ running, ...load }: WorkerLoad): Readonly<Record<string, unknown>> {
  return { ...load, running: running.map(withMoments) };
}
