import type { AccountStore, Clock } from '@leveret/core';
import { ADMIN_ROLES, type AdminRole, accountName } from '@leveret/http-contract/admin';
import { type Command, InvalidArgumentError } from 'commander';
import { askFirst } from '../control/ask-first.ts';
import type { ActionFlags } from '../control/flags.ts';
import type { Terminal } from '../control/terminal.ts';

/** Accounts of a ledger, opened for one command. */
export interface OpenAccounts extends AccountStore {
  close(): Promise<void>;
}

/** What the commands on accounts and keys work with. */
export interface AccountsDependencies {
  /** Opens the ledger in this file, or else that of the applications. */
  readonly openAccounts: (database: string | undefined) => Promise<OpenAccounts>;
  /** All of standard input. */
  readonly readInput: () => Promise<string>;
  readonly clock: Clock;
  /** Prints a text and a line break: the answer. */
  readonly print: (text: string) => void;
  /** Where everything but the answer is told. */
  readonly terminal: Terminal;
  /** Has the command end with exit code 1: it was not done. */
  readonly fail: () => void;
}

/** Flags of a command that destroys. */
export interface DestroyFlags extends ActionFlags {
  readonly yes: boolean;
}

/** Follows the help of these commands. */
export const ACCOUNT_EXIT_CODES = `
Exit codes:
  0  it is done
  1  the answer to the question was no
  2  it is not done: the message says why; or the command line is wrong`;

/** Adds the flag `--yes`. */
export function addYesFlag(command: Command): Command {
  return command.option('--yes', 'do not ask first', false);
}

/** Opens what a command works with, and closes it when the command has ended. */
export async function withAccounts(
  database: string | undefined,
  { openAccounts }: Pick<AccountsDependencies, 'openAccounts'>,
  work: (accounts: AccountStore) => Promise<void>,
): Promise<void> {
  const accounts = await openAccounts(database);
  try {
    await work(accounts);
  } finally {
    await accounts.close();
  }
}

/** Whether `what` is to be done: it is asked first unless the flags say yes. */
export async function isWanted(
  what: string,
  { yes }: DestroyFlags,
  { terminal, fail }: Pick<AccountsDependencies, 'terminal' | 'fail'>,
): Promise<boolean> {
  if (yes || (await askFirst(what, terminal))) return true;
  terminal.say('Nothing was done.');
  fail();
  return false;
}

/** The name of an account or a key. @throws {InvalidArgumentError} */
export function toAccountName(text: string): string {
  const parsed = accountName.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('must be letters in lower case, digits, and . _ @ -');
  return parsed.data;
}

/** A role. @throws {InvalidArgumentError} */
export function toRole(text: string): AdminRole {
  const role = ADMIN_ROLES.find((one) => one === text);
  if (role === undefined) throw new InvalidArgumentError(`must be one of ${ADMIN_ROLES.join(', ')}`);
  return role;
}
