import type { Control } from '@leveret/control';
import type { Broker, Clock, ControlStore, JobReader } from '@leveret/core';
import type { Terminal } from './terminal.ts';

/** Broker and ledger of the applications, opened for one command. */
export interface ControlSession {
  readonly control: Control;
  readonly store: Pick<ControlStore, 'pauses' | 'workers'>;
  readonly reader: JobReader;
  readonly broker: Pick<Broker, 'inspect' | 'status'>;
  /** Closes all of it. Safe to call twice. */
  close(): Promise<void>;
}

/** What the commands that control jobs work with. */
export interface ControlDependencies {
  /** Opens the ledger in this file, or else that of the applications, and their broker. */
  readonly openControl: (database: string | undefined) => Promise<ControlSession>;
  readonly clock: Clock;
  /** Prints a text and a line break: the answer. */
  readonly print: (text: string) => void;
  /** Where everything but the answer is told. */
  readonly terminal: Terminal;
  /** Has the command end with exit code 1: not everything was done. */
  readonly fail: () => void;
}

/** Follows the help of these commands. */
export const CONTROL_EXIT_CODES = `
Exit codes:
  0  everything is done
  1  something was refused, skipped or failed, or has not ended
  2  there is no answer: the message says why; or the command line is wrong`;

/** Opens what a command works with, and closes it when the command has ended. */
export async function withControl(
  database: string | undefined,
  { openControl }: Pick<ControlDependencies, 'openControl'>,
  work: (session: ControlSession) => Promise<void>,
): Promise<void> {
  const session = await openControl(database);
  try {
    await work(session);
  } finally {
    await session.close();
  }
}
