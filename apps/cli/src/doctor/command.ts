import { isUuid, LeveretError, systemClock } from '@leveret/core';
import { type Command, Option } from 'commander';
import { applicationsNamespace, applicationsUrl } from '../config.ts';
import { renderDeclared, renderReport, toReport } from './report.ts';
import { type DoctorFlags, examineLedger, openDoctor } from './wiring.ts';

/** Exit codes of both commands; 2 also for a command line that is wrong. */
const UNHEALTHY = 1;
/** The broker could not be looked at. */
export const FAILED = 2;

const EXIT_CODES = `
Exit codes:
  0  no problem; there may be warnings and unknowns
  1  at least one problem
  2  the check could not run: the broker does not answer, or refuses, or the command line is wrong`;

/** What exists otherwise is all that `init` cannot bring about. */
const TOPOLOGY_CHECKS: readonly string[] = ['exchange', 'queue', 'binding', 'arguments'];

interface ExamineFlags extends DoctorFlags {
  readonly fix: boolean;
  readonly json: boolean;
  readonly database?: string;
}

interface InitFlags extends DoctorFlags {
  /** Id of a ledger. */
  readonly adoptLedger?: string;
}

/** Adds `doctor` and `init`. */
export function addDoctorCommands(program: Command): void {
  addShared(program.command('doctor'))
    .description(
      'check the broker for missing or mismatched queues and for settings that could lose or delay jobs',
    )
    .option('--fix', 'declare what is missing, and nothing else; then check again', false)
    .option('--json', 'print the findings as JSON', false)
    .option(
      '--database <file>',
      'the SQLite file of the ledger; default: LEVERET_STORE_URL, or leveret.db in LEVERET_DATA_DIR',
    )
    .addHelpText('after', EXIT_CODES)
    .action(examine);
  addShared(program.command('init'))
    .description('declare everything that Leveret needs in the broker')
    .option('--adopt-ledger <id>', 'record the events in this ledger from now on, instead of another one')
    .addHelpText('after', EXIT_CODES)
    .action(init);
}

function addShared(command: Command): Command {
  const collect = (name: string, names: readonly string[] = []) => [...names, name];
  return command
    .addOption(
      new Option('--url <url>', 'the RabbitMQ: one or more URLs, separated by commas').default(
        applicationsUrl(),
        'LEVERET_AMQP_URL',
      ),
    )
    .addOption(
      new Option('--namespace <name>', 'what the names of exchanges and queues begin with').default(
        applicationsNamespace(),
        'LEVERET_NAMESPACE, or else leveret',
      ),
    )
    .option('--management-url <url>', 'its management API; default: port 15672 of the same host')
    .option('--queue <name>', 'a queue of jobs, once for each; default: those that are found', collect);
}

async function examine({ fix, json, database, ...flags }: ExamineFlags): Promise<void> {
  const doctor = await openDoctor(flags, { isForApplications: false });
  try {
    const declared = fix ? await doctor.declareMissing() : undefined;
    const findings = [...(await doctor.examine()), ...examineLedger(database, systemClock.now())];
    const report = toReport(findings, declared);
    const hasColours = process.stdout.isTTY && process.stdout.hasColors();
    print(json ? JSON.stringify(report) : renderReport(report, hasColours));
    process.exitCode = report.healthy ? 0 : UNHEALTHY;
  } finally {
    await doctor.close();
  }
}

async function init({ adoptLedger, ...flags }: InitFlags): Promise<void> {
  if (adoptLedger !== undefined && !isUuid(adoptLedger))
    throw new LeveretError(
      'CONFIG_INVALID',
      '--adopt-ledger must be the id of a ledger, a UUID in lower case',
    );
  const doctor = await openDoctor(flags, { isForApplications: true });
  try {
    const declared = await doctor.declareMissing();
    if (adoptLedger !== undefined) await doctor.adoptLedger(adoptLedger);
    const findings = await doctor.examine();
    const wrong = findings.filter(
      ({ check, severity }) => severity === 'problem' && TOPOLOGY_CHECKS.includes(check),
    );
    if (wrong.length > 0) print(renderReport(toReport(wrong, declared), false));
    else print([...renderDeclared(declared), 'Everything is there.'].join('\n'));
    process.exitCode = wrong.length > 0 ? UNHEALTHY : 0;
  } finally {
    await doctor.close();
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
