import { type JobDetails, type JobOrder, type JobReader, LeveretError, MAX_PAGE_JOBS } from '@leveret/core';
import { FILTER_TERMS, formatFilter, parseFilter } from '@leveret/http-contract';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addLedgerFlags, EXIT_CODES, type LedgerDependencies, type LedgerFlags } from '../ledger/flags.ts';
import { tellLag } from '../ledger/lag.ts';
import { toShellWord } from '../ledger/words.ts';
import { renderJob, type WholeJob } from './render-job.ts';
import { renderCount, renderCounts, renderJobs } from './tables.ts';
import { toDetailsJson, toJobJson } from './to-json.ts';

interface CountFlags extends LedgerFlags {
  readonly filter?: string;
}

interface ListFlags extends LedgerFlags {
  readonly filter: string;
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
  readonly cursor?: string;
}

const ORDERS: Readonly<Record<ListFlags['order'], JobOrder>> = {
  newest: 'newest-first',
  oldest: 'oldest-first',
};
const DEFAULT_PAGE_JOBS = 50;

const FILTER_HELP = `
A filter is one or more terms; a job must fulfil all of them. A value with spaces is written in double quotes.
${Object.values(FILTER_TERMS)
  .map(({ meaning, example }) => `  ${example.padEnd(30)} ${meaning}`)
  .join('\n')}

Examples:
  leveret jobs list
  leveret jobs list --filter 'state:dead kind:mail.* age:>1h'
  leveret jobs list --filter 'error:"no such mailbox" updated:<10m' --order oldest
  leveret jobs list --filter state:dead --limit ${MAX_PAGE_JOBS} --json | jq -r '.jobs[].id'
${EXIT_CODES}`;

const SHOW_HELP = `
Examples:
  leveret jobs show 0198c0de-1111-7222-8333-0123456789ab
  leveret jobs show 0198c0de-1111-7222-8333-0123456789ab --json | jq .payload
  leveret jobs show 0198c0de-1111-7222-8333-0123456789ab --json | jq -r '.log[] | "\\(.at) \\(.message)"'
${EXIT_CODES}`;

const COUNT_HELP = `
Examples:
  leveret jobs count
  leveret jobs count --filter 'kind:mail.* error:ECONNREFUSED'
  leveret jobs count --json | jq '[.counts[] | select(.state == "dead") | .count] | add'
${EXIT_CODES}`;

/** Adds `jobs` with `jobs list`, `jobs show` and `jobs count`. Returns it, for further commands. */
export function addJobsCommands(program: Command, dependencies: LedgerDependencies): Command {
  const jobs = program.command('jobs').description('look up jobs in the ledger, and act on them');
  addLedgerFlags(jobs.command('list'))
    .description('list jobs by when they were last updated')
    .option('--filter <text>', 'which jobs: see below', '')
    .addOption(
      new Option('--order <order>', 'which come first').choices(Object.keys(ORDERS)).default('newest'),
    )
    .option('--limit <count>', `jobs of a page, up to ${MAX_PAGE_JOBS}`, toLimit, DEFAULT_PAGE_JOBS)
    .option('--cursor <cursor>', 'where to continue: the page before prints it')
    .addHelpText('after', FILTER_HELP)
    .action((flags: ListFlags) => list(flags, dependencies));
  addLedgerFlags(jobs.command('show'))
    .description('show all that is known of one job')
    .argument('<id>', 'its whole id')
    .addHelpText('after', SHOW_HELP)
    .action((id: string, flags: LedgerFlags) => show(id, flags, dependencies));
  addLedgerFlags(jobs.command('count'))
    .description('count the jobs of each queue, kind and state, or those that a filter selects')
    .option('--filter <text>', 'which jobs: as for leveret jobs list')
    .addHelpText('after', COUNT_HELP)
    .action((flags: CountFlags) => count(flags, dependencies));
  return jobs;
}

async function list(
  flags: ListFlags,
  { openReader, clock, print, terminal }: LedgerDependencies,
): Promise<void> {
  const now = clock.now();
  const filter = parseFilter(flags.filter, now);
  const reader = await openReader(flags.database);
  try {
    const lag = await tellLag(reader, { terminal, json: flags.json });
    const { jobs, nextCursor } = await reader.list({
      filter,
      order: ORDERS[flags.order],
      limit: flags.limit,
      ...(flags.cursor === undefined ? {} : { cursor: flags.cursor }),
    });
    // With dates instead of ages: for the next page, an age would be another moment.
    const filterText = formatFilter(filter);
    if (flags.json)
      return print(JSON.stringify({ filter: filterText, jobs: jobs.map(toJobJson), nextCursor, lag }));
    print(jobs.length === 0 ? 'No jobs.' : renderJobs(jobs, now));
    if (nextCursor !== undefined) print(`\nNext page: ${toNextCommand(flags, filterText, nextCursor)}`);
  } finally {
    await reader.close();
  }
}

function toNextCommand({ order, limit, database }: ListFlags, filter: string, cursor: string): string {
  return [
    'leveret jobs list',
    ...(filter === '' ? [] : ['--filter', toShellWord(filter)]),
    ...(order === 'newest' ? [] : ['--order', order]),
    ...(limit === DEFAULT_PAGE_JOBS ? [] : ['--limit', String(limit)]),
    ...(database === undefined ? [] : ['--database', toShellWord(database)]),
    '--cursor',
    toShellWord(cursor),
  ].join(' ');
}

async function show(
  id: string,
  { database, json }: LedgerFlags,
  { openReader, clock, print, terminal }: LedgerDependencies,
): Promise<void> {
  const reader = await openReader(database);
  try {
    const lag = await tellLag(reader, { terminal, json });
    const details = await reader.get(id.toLowerCase());
    if (details === undefined)
      throw new LeveretError(
        'JOB_NOT_FOUND',
        `the ledger has no job ${id}: a beginning of an id is found by leveret jobs list --filter id:<beginning>`,
        { details: { jobId: id } },
      );
    const whole = { ...details, ...(await readBody(reader, details.job.id)) };
    print(json ? toDetailsJson(whole, lag) : renderJob(whole, clock.now()));
  } finally {
    await reader.close();
  }
}

/** Payload and result as texts: printed from parsed numbers, those above 2^53 would be others. */
async function readBody(reader: JobReader, id: string): Promise<Omit<WholeJob, keyof JobDetails>> {
  const [log, payload, result] = await Promise.all([
    reader.logLines(id),
    reader.bodyText(id, 'payload'),
    reader.bodyText(id, 'result'),
  ]);
  return {
    log,
    ...(payload === undefined ? {} : { payload }),
    ...(result === undefined ? {} : { result }),
  };
}

async function count(flags: CountFlags, dependencies: LedgerDependencies): Promise<void> {
  const { database, json } = flags;
  const { openReader, clock, print, terminal } = dependencies;
  const filter = flags.filter === undefined ? undefined : parseFilter(flags.filter, clock.now());
  const reader = await openReader(database);
  try {
    const lag = await tellLag(reader, { terminal, json });
    if (filter !== undefined) {
      const counted = await reader.count(filter);
      return print(
        json ? JSON.stringify({ filter: formatFilter(filter), ...counted, lag }) : renderCount(counted),
      );
    }
    const counts = await reader.counts();
    if (json) return print(JSON.stringify({ counts, lag }));
    print(counts.length === 0 ? 'No jobs.' : renderCounts(counts));
  } finally {
    await reader.close();
  }
}

function toLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_PAGE_JOBS)
    throw new InvalidArgumentError(`must be a whole number from 1 to ${MAX_PAGE_JOBS}`);
  return limit;
}
