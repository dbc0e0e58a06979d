import type { QueueReceipt } from '@leveret/control';
import { isQueueName, LeveretError } from '@leveret/core';
import { type Command, InvalidArgumentError } from 'commander';
import { authorOf } from '../control/author.ts';
import { namesOf, renderUnconfirmed, toConfirmationJson } from '../control/confirmation.ts';
import { type ActionFlags, addActionFlags } from '../control/flags.ts';
import {
  CONTROL_EXIT_CODES,
  type ControlDependencies,
  type ControlSession,
  withControl,
} from '../control/session.ts';
import { addLedgerFlags, EXIT_CODES, type LedgerFlags } from '../ledger/flags.ts';
import { readKnown, readQueues, renderPause, renderQueues, toQueueJson } from './queue-list.ts';

interface PauseFlags extends ActionFlags {
  readonly yes: boolean;
}

const LIST_HELP = `
Of each queue: its jobs in the ledger by state, the messages that are ready and the dead letters in the broker, its workers, and whether it is paused.
Of the last minute: jobs that came in, jobs that ended and attempts that failed, each per minute; and the median and the 95th percentile
of how long attempts waited and ran.

Examples:
  leveret queues list
  leveret queues list --json | jq -r '.queues[] | select(.paused) | .queue'
${EXIT_CODES}`;

const PAUSE_HELP = `
Handlers that run already go on. Jobs are still accepted, and wait.

Examples:
  leveret queues pause mail --reason 'mail server is down'
${CONTROL_EXIT_CODES}`;

const RESUME_HELP = `
Examples:
  leveret queues resume mail
${CONTROL_EXIT_CODES}`;

/** Adds `queues list`, `queues pause` and `queues resume`. */
export function addQueuesCommands(program: Command, dependencies: ControlDependencies): void {
  const queues = program.command('queues').description('queues: list, pause, resume');
  addLedgerFlags(queues.command('list'))
    .description('list the queues that the ledger knows')
    .addHelpText('after', LIST_HELP)
    .action((flags: LedgerFlags) => list(flags, dependencies));
  addActionFlags(queues.command('pause'))
    .description('pause a queue: workers start none of its jobs until it is resumed')
    .argument('<queue>', 'its name', toQueue)
    .option('--yes', 'also a queue that the ledger does not know', false)
    .addHelpText('after', PAUSE_HELP)
    .action((queue: string, flags: PauseFlags) => pause(queue, flags, dependencies));
  addActionFlags(queues.command('resume'))
    .description('resume a paused queue')
    .argument('<queue>', 'its name', toQueue)
    .addHelpText('after', RESUME_HELP)
    .action((queue: string, flags: ActionFlags) => resume(queue, flags, dependencies));
}

function toQueue(text: string): string {
  if (!isQueueName(text)) throw new InvalidArgumentError('is not the name of a queue');
  return text;
}

async function list({ database, json }: LedgerFlags, dependencies: ControlDependencies): Promise<void> {
  const { print, clock, terminal } = dependencies;
  await withControl(database, dependencies, async (session) => {
    const { queues, ...away } = await readQueues(session, clock);
    if (json) return print(JSON.stringify({ queues: queues.map(toQueueJson), ...away }));
    if (away.brokerAway !== undefined) terminal.say(`The broker is away: ${away.brokerAway}`);
    print(queues.length === 0 ? 'No queues.' : renderQueues(queues, clock.now()));
  });
}

async function pause(
  queue: string,
  { yes, reason, database, json }: PauseFlags,
  dependencies: ControlDependencies,
): Promise<void> {
  const { print, clock } = dependencies;
  await withControl(database, dependencies, async (session) => {
    if (!yes) await requireKnown(session, queue);
    const receipt = await session.control.pauseQueue({ queue, ...authorOf(reason) });
    if (json) return print(toReceiptJson(queue, receipt));
    const paused = (await session.store.pauses()).find((one) => one.queue === queue);
    const since = paused === undefined ? '' : ` ${renderPause(paused, clock.now())}`;
    const words = receipt.isChanged
      ? `paused: workers start none of its jobs until leveret queues resume ${queue}`
      : `was paused already${since}`;
    print(renderReceipt(queue, words, receipt));
  });
}

async function resume(
  queue: string,
  { reason, database, json }: ActionFlags,
  dependencies: ControlDependencies,
): Promise<void> {
  const { print } = dependencies;
  await withControl(database, dependencies, async ({ control }) => {
    const receipt = await control.resumeQueue({ queue, ...authorOf(reason) });
    if (json) return print(toReceiptJson(queue, receipt));
    print(renderReceipt(queue, receipt.isChanged ? 'resumed' : 'was not paused', receipt));
  });
}

async function requireKnown(session: ControlSession, queue: string): Promise<void> {
  const names = (await readKnown(session)).queues;
  if (names.includes(queue)) return;
  throw new LeveretError(
    'CONFIG_INVALID',
    `the ledger knows no queue ${queue}, only: ${names.join(', ') || 'none'}. It is paused all the same with --yes`,
  );
}

function renderReceipt(queue: string, words: string, receipt: QueueReceipt): string {
  const { confirmed } = receipt;
  const heard = confirmed.length === 0 ? [] : [`confirmed by ${namesOf(confirmed).join(', ')}`];
  return [`${queue} ${words}`, ...heard, ...renderUnconfirmed(receipt)].join('\n');
}

function toReceiptJson(queue: string, receipt: QueueReceipt): string {
  return JSON.stringify({ queue, isChanged: receipt.isChanged, ...toConfirmationJson(receipt) });
}
