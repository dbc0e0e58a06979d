#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { LeveretError, messageOf, systemClock, systemRandom } from '@leveret/core';
import { Command, InvalidArgumentError, Option } from 'commander';
import { addAccountsCommands } from './accounts/command.ts';
import type { AccountsDependencies } from './accounts/dependencies.ts';
import { addKeysCommands } from './accounts/keys.ts';
import { openAccounts } from './accounts/wiring.ts';
import { addBackupCommand } from './backup/command.ts';
import { BENCHMARKS, describeReport, runBenchmark } from './bench/command.ts';
import { describeQuestions, runQuestions } from './bench/questions/command.ts';
import type { Subject } from './bench/subject.ts';
import { DRIVERS, type Driver, openSubject } from './bench/wiring.ts';
import { amqpUrlFromEnvironment } from './config.ts';
import type { ControlDependencies } from './control/session.ts';
import { createTerminal } from './control/terminal.ts';
import { createTerminalLogger } from './control/terminal-logger.ts';
import { openControlSession } from './control/wiring.ts';
import { addDoctorCommands, FAILED } from './doctor/command.ts';
import { addFailureActions } from './failures/actions.ts';
import { addFailuresCommands } from './failures/command.ts';
import type { SetAsideDependencies } from './failures/set-aside.ts';
import { addJobActions } from './jobs/actions.ts';
import { addJobsCommands } from './jobs/command.ts';
import { addExplain } from './jobs/explain.ts';
import { openJobReader, openJobStore } from './ledger/wiring.ts';
import { addOperationsCommands } from './operations/command.ts';
import { addQueuesCommands } from './queues/command.ts';
import { addWorkersCommands } from './workers/command.ts';

interface BenchFlags {
  readonly driver: Driver;
  readonly direct: boolean;
  readonly events: boolean;
  readonly url?: string;
  readonly rounds: number;
  readonly many: number;
  readonly single: number;
  readonly jobs: number;
  readonly json?: string;
}

/** Exit code of a command that could not do everything. */
const NOT_ALL_DONE = 1;

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1');
  return value;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The benchmark that has no other side: what a large ledger answers. */
const QUESTIONS = 'questions';

async function bench(benchmark: string, flags: BenchFlags): Promise<void> {
  const subject = await openSubject(flags.driver, flags.url);
  try {
    const { text: figures, report } = await measure(benchmark, subject, flags);
    process.stdout.write(`${figures}\n`);
    const json = `${JSON.stringify(report)}\n`;
    if (flags.json === undefined) process.stdout.write(json);
    else await writeFile(flags.json, json);
  } finally {
    await subject.dispose();
  }
}

async function measure(benchmark: string, subject: Subject, flags: BenchFlags) {
  const common = { subject, queue: 'bench', rounds: flags.rounds, clock: systemClock, onProgress: say };
  if (benchmark === QUESTIONS) {
    const report = await runQuestions({ ...common, jobCount: flags.jobs, random: systemRandom });
    return { report, text: describeQuestions(report) };
  }
  const report = await runBenchmark({
    ...common,
    benchmark,
    mode: flags.direct ? 'direct' : flags.events ? 'events' : 'ledger',
    amounts: { single: flags.single, many: Math.ceil(flags.many / 1_000) * 1_000 },
  });
  return { report, text: describeReport(report) };
}

const program = new Command('leveret')
  .description('Background jobs on RabbitMQ, or on nothing.')
  // Commander has told what is wrong. Set before commands are added: they take it over.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : FAILED));
addDoctorCommands(program);
addBackupCommand(program);
const terminal = createTerminal({
  input: process.stdin,
  screen: process.stderr,
  signals: process,
  clock: systemClock,
});
const dependencies: ControlDependencies & SetAsideDependencies & AccountsDependencies = {
  openReader: openJobReader,
  openStore: openJobStore,
  openAccounts,
  readInput: () => text(process.stdin),
  openControl: (database) => openControlSession(database, createTerminalLogger(terminal)),
  clock: systemClock,
  print: (line) => process.stdout.write(`${line}\n`),
  terminal,
  fail: () => {
    process.exitCode = NOT_ALL_DONE;
  },
};
const jobs = addJobsCommands(program, dependencies);
addJobActions(jobs, dependencies);
addExplain(jobs, dependencies);
addFailureActions(addFailuresCommands(program, dependencies), dependencies);
addQueuesCommands(program, dependencies);
addWorkersCommands(program, dependencies);
addOperationsCommands(program, dependencies);
addAccountsCommands(program, dependencies);
addKeysCommands(program, dependencies);
program
  .command('bench')
  .description('measure Leveret beside the driver’s own client, in one run, round by round')
  .argument('<benchmark>', [...Object.keys(BENCHMARKS), QUESTIONS].join(' | '))
  .addOption(new Option('--driver <driver>').choices(DRIVERS).default(DRIVERS[0]))
  .option('--direct', 'without ledger and events', false)
  .option('--events', 'with events, without ledger', false)
  .addOption(
    new Option('--url <url>', 'RabbitMQ to measure on').default(amqpUrlFromEnvironment(), 'LEVERET_AMQP_URL'),
  )
  .option('--rounds <count>', 'measured rounds, after a warm-up', wholeNumber, 5)
  .option('--many <count>', 'jobs per round in throughput figures', wholeNumber, 50_000)
  .option('--single <count>', 'jobs per round in latency figures', wholeNumber, 500)
  .option('--jobs <count>', `jobs in the ledger of ${QUESTIONS}`, wholeNumber, 1_000_000)
  .option('--json <file>', 'write the figures there instead of printing them')
  .action(bench);

program.parseAsync().catch((error: unknown) => {
  say(error instanceof LeveretError ? `${error.code}: ${error.message}` : messageOf(error));
  process.exitCode = FAILED;
});
