import { LeveretError } from '@leveret/core';
import type { Terminal } from './terminal.ts';

/**
 * Asks a person whether something is to be done.
 * @throws {LeveretError} `CONFIG_INVALID` when nobody can be asked.
 */
export async function askFirst(what: string, terminal: Pick<Terminal, 'canAsk' | 'ask'>): Promise<boolean> {
  if (terminal.canAsk) return await terminal.ask(`${what}?`);
  throw new LeveretError(
    'CONFIG_INVALID',
    `${what}: this is asked first, and there is no terminal to ask on. Repeat it with --yes`,
  );
}
