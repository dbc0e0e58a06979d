import { generatePassword, hashPassword } from '@leveret/admin/credentials';
import { LeveretError } from '@leveret/core';
import { MAX_PASSWORD, MIN_PASSWORD } from '@leveret/http-contract/admin';
import type { Command } from 'commander';
import type { AccountsDependencies } from './dependencies.ts';

/** The flag of a command that sets a password. */
export interface PasswordFlags {
  readonly passwordStdin: boolean;
}

/** A password to be set. */
export interface ChosenPassword {
  readonly hash: string;
  /** What is to be shown once; absent when it was given. */
  readonly generated?: string;
}

/** Adds {@link PasswordFlags}. */
export function addPasswordFlag(command: Command): Command {
  return command.option('--password-stdin', 'read the password from standard input', false);
}

/**
 * A generated password, or the one on standard input without the line break at its end. Never from the command line: others on the machine can read that.
 * @throws {LeveretError} `CONFIG_INVALID` when it is too short or too long.
 */
export async function choosePassword(
  { passwordStdin }: PasswordFlags,
  { readInput }: Pick<AccountsDependencies, 'readInput'>,
): Promise<ChosenPassword> {
  if (!passwordStdin) {
    const generated = generatePassword();
    return { generated, hash: await hashPassword(generated) };
  }
  const given = (await readInput()).replace(/\r?\n$/, '');
  if (given.length < MIN_PASSWORD || given.length > MAX_PASSWORD)
    throw new LeveretError(
      'CONFIG_INVALID',
      `the password on standard input must have ${MIN_PASSWORD} to ${MAX_PASSWORD} characters`,
    );
  return { hash: await hashPassword(given) };
}

/** The line that shows a generated password; none for one that was given. */
export function renderPassword({ generated }: ChosenPassword): readonly string[] {
  return generated === undefined ? [] : [`password: ${generated}`, 'It is not shown again.'];
}

/** The field that shows a generated password in JSON. */
export function toPasswordJson({ generated }: ChosenPassword): { readonly password?: string } {
  return generated === undefined ? {} : { password: generated };
}
