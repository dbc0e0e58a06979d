import type { Clock, JobReader } from '@leveret/core';
import type { Command } from 'commander';
import type { Terminal } from '../control/terminal.ts';

/** What the commands that read the ledger work with. */
export interface LedgerDependencies {
  /** Opens the ledger in this file, or else that of the applications. */
  readonly openReader: (database: string | undefined) => Promise<JobReader>;
  readonly clock: Clock;
  /** Prints a text and a line break. */
  readonly print: (text: string) => void;
  /** Where everything but the answer is told. */
  readonly terminal: Pick<Terminal, 'say'>;
}

/** Flags of every command that reads the ledger. */
export interface LedgerFlags {
  readonly database?: string;
  readonly json: boolean;
}

/** Follows the help of these commands. */
export const EXIT_CODES = `
Exit codes:
  0  the answer is complete
  2  there is no answer: the message says why; or the command line is wrong`;

/** Adds {@link LedgerFlags}. */
export function addLedgerFlags(command: Command): Command {
  return command
    .option('--json', 'print one JSON document', false)
    .option(
      '--database <file>',
      'the SQLite file of the ledger; default: LEVERET_STORE_URL, or leveret.db in LEVERET_DATA_DIR',
    );
}
