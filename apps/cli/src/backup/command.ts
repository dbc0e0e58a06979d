import { stat } from 'node:fs/promises';
import { LeveretError, systemClock } from '@leveret/core';
import type { Command } from 'commander';
import { databaseFromEnvironment } from '../config.ts';
import { backUpDatabase } from './wiring.ts';

const HELP = `
Processes may go on using the database. An existing <file> is never overwritten. The copy is one file, complete and checked:
to restore it, stop all processes, move the old file, its -wal and its -shm away, and put the copy in their place.

Exit codes:
  0  the copy is there, and on the disk
  2  there is no copy: the message says why; or the command line is wrong`;

interface BackupFlags {
  readonly database?: string;
}

/** Adds `backup`. */
export function addBackupCommand(program: Command): void {
  program
    .command('backup')
    .description('copy the SQLite file of jobs and ledger, safely while it is in use')
    .argument('<file>', 'the copy to make')
    .option(
      '--database <file>',
      'the SQLite file; default: LEVERET_STORE_URL, or leveret.db in LEVERET_DATA_DIR',
    )
    .addHelpText('after', HELP)
    .action(backUp);
}

async function backUp(to: string, { database = databaseFromEnvironment() }: BackupFlags): Promise<void> {
  const startedAt = systemClock.monotonic();
  const found = await stat(database).catch(() => undefined);
  if (found === undefined)
    throw new LeveretError('CONFIG_INVALID', `there is no file ${database}: name it with --database`);
  process.stderr.write(`Copying ${database} (${inMegabytes(found.size)}) …\n`);
  const { file, sizeBytes } = await backUpDatabase({ file: database, to });
  const seconds = ((systemClock.monotonic() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(`${file}: ${inMegabytes(sizeBytes)}, checked, in ${seconds} s\n`);
}

function inMegabytes(sizeBytes: number): string {
  return `${(sizeBytes / 1_000_000).toFixed(1)} MB`;
}
