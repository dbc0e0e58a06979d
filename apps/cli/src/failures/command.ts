import {
  type FailureGroup,
  type FailureTrends,
  type FailureVersion,
  MAX_FAILURE_GROUPS,
} from '@leveret/core';
import { type Command, InvalidArgumentError } from 'commander';
import { renderFailure } from '../ledger/failure.ts';
import { addLedgerFlags, EXIT_CODES, type LedgerDependencies, type LedgerFlags } from '../ledger/flags.ts';
import { tellLag } from '../ledger/lag.ts';
import { renderTable } from '../ledger/table.ts';
import { toDistance, toLine, toMomentText } from '../ledger/words.ts';
import { requireGroup } from './group.ts';
import { addSetAsideCommands, type SetAsideDependencies } from './set-aside.ts';
import { readTrends, toLastHour, toTrendJson } from './trend.ts';

interface GroupsFlags extends LedgerFlags {
  readonly limit: number;
}

const DEFAULT_GROUPS = 50;
/** Most characters of a message in a table. */
const MAX_MESSAGE = 80;
/** Most versions in a table. */
const MAX_VERSIONS = 3;

const GROUPS_HELP = `
Examples:
  leveret failures groups
  leveret failures groups --json | jq -r '.groups[] | select(.dead > 100) | .fingerprint'
  leveret failures groups --json | jq -r '.groups[] | select(.newJobs > 0) | .fingerprint'
${EXIT_CODES}`;

const SHOW_HELP = `
Examples:
  leveret failures show 9f2c41d07ab3e856
  leveret jobs list --filter 'fingerprint:9f2c41d07ab3e856 state:dead'
${EXIT_CODES}`;

/** Adds `failures` with `failures groups`, `failures show` and `failures set-aside`. Returns it, for further commands. */
export function addFailuresCommands(program: Command, dependencies: SetAsideDependencies): Command {
  const failures = program
    .command('failures')
    .description('show which failures there are, and act on their jobs');
  addLedgerFlags(failures.command('groups'))
    .description('list the groups of failures that have retrying or dead jobs, by when they last failed')
    .option('--limit <count>', `groups, up to ${MAX_FAILURE_GROUPS}`, toLimit, DEFAULT_GROUPS)
    .addHelpText('after', GROUPS_HELP)
    .action((flags: GroupsFlags) => list(flags, dependencies));
  addLedgerFlags(failures.command('show'))
    .description('show a group of failures, with the newest failure as a sample')
    .argument('<fingerprint>', 'its whole fingerprint')
    .addHelpText('after', SHOW_HELP)
    .action((fingerprint: string, flags: LedgerFlags) => show(fingerprint, flags, dependencies));
  addSetAsideCommands(failures, dependencies);
  return failures;
}

async function list(
  { limit, database, json }: GroupsFlags,
  { openReader, clock, print, terminal }: LedgerDependencies,
): Promise<void> {
  const reader = await openReader(database);
  try {
    const lag = await tellLag(reader, { terminal, json });
    const groups = await reader.failureGroups(limit);
    const now = clock.now();
    const trends = await readTrends(reader, groups, now);
    if (json)
      return print(JSON.stringify({ groups: groups.map((group) => toGroupJson(group, trends)), lag }));
    print(groups.length === 0 ? 'No retrying or dead jobs.' : renderGroups(groups, trends, now));
  } finally {
    await reader.close();
  }
}

async function show(
  fingerprint: string,
  { database, json }: LedgerFlags,
  { openReader, clock, print, terminal }: LedgerDependencies,
): Promise<void> {
  const reader = await openReader(database);
  try {
    const lag = await tellLag(reader, { terminal, json });
    const group = await requireGroup(reader, fingerprint);
    const details = await reader.get(group.sample.jobId);
    const failure = group.sample.message === undefined ? undefined : details?.job.failure;
    const now = clock.now();
    const trends = await readTrends(reader, [group], now);
    if (json) return print(JSON.stringify({ ...toGroupJson(group, trends), failure, lag }));
    const lines = renderGroup(group, trends, now);
    const sample = failure === undefined ? [] : ['', ...renderFailure(failure)];
    print([...lines, ...sample].join('\n'));
  } finally {
    await reader.close();
  }
}

function renderGroups(groups: readonly FailureGroup[], trends: FailureTrends, now: number): string {
  const head = [
    ...['fingerprint', 'retrying', 'dead', 'last hour', 'last seen', 'first seen', 'error'],
    ...['kinds', 'versions', 'message'],
  ];
  const rows = groups.map((group) => [
    group.fingerprint,
    group.retrying.toLocaleString('en'),
    group.dead.toLocaleString('en'),
    toLastHour(group.fingerprint, trends),
    toDistance(group.lastSeenAt, now),
    toDistance(group.firstSeenAt, now),
    group.errorCode,
    group.kinds.join(', '),
    newestVersions(group.versions),
    shortMessage(group.sample.message ?? ''),
  ]);
  return renderTable(head, rows, ['left', 'right', 'right', 'right']);
}

function newestVersions(versions: readonly FailureVersion[]): string {
  const shown = versions.slice(0, MAX_VERSIONS).map(({ version }) => version);
  return [...shown, ...(versions.length > MAX_VERSIONS ? ['…'] : [])].join(', ');
}

function shortMessage(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1)}…`;
}

function renderGroup(group: FailureGroup, trends: FailureTrends, now: number): readonly string[] {
  const fields: Readonly<Record<string, string>> = {
    fingerprint: group.fingerprint,
    error: group.errorCode,
    retrying: group.retrying.toLocaleString('en'),
    dead: group.dead.toLocaleString('en'),
    'last hour': toLastHour(group.fingerprint, trends),
    'first seen': toMomentText(group.firstSeenAt, now),
    'last seen': toMomentText(group.lastSeenAt, now),
    kinds: group.kinds.join(', '),
    versions: group.versions
      .map(({ version, firstSeenAt }) => `${version} (first ${toDistance(firstSeenAt, now)})`)
      .join(', '),
    sample: group.sample.jobId,
  };
  return Object.entries(fields).map(([name, value]) => `${name.padEnd(13)}${toLine(value)}`);
}

function toGroupJson(group: FailureGroup, trends: FailureTrends): Readonly<Record<string, unknown>> {
  return {
    ...group,
    firstSeenAt: new Date(group.firstSeenAt).toISOString(),
    lastSeenAt: new Date(group.lastSeenAt).toISOString(),
    versions: group.versions.map(({ version, firstSeenAt }) => ({
      version,
      firstSeenAt: new Date(firstSeenAt).toISOString(),
    })),
    ...toTrendJson(group.fingerprint, trends),
  };
}

function toLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_FAILURE_GROUPS)
    throw new InvalidArgumentError(`must be a whole number from 1 to ${MAX_FAILURE_GROUPS}`);
  return limit;
}
