import type { LogFields, Logger } from '@leveret/core';
import type { Terminal } from './terminal.ts';

/**
 * Tells a person the warnings and errors of broker and ledger, each text once: what fails for one job fails for the next.
 * Of the fields it tells only the error.
 */
export function createTerminalLogger({ say }: Pick<Terminal, 'say'>): Logger {
  const told = new Set<string>();

  function tell({ error }: LogFields, message: string): void {
    const text = error === undefined ? message : `${message}: ${String(error)}`;
    if (told.has(text)) return;
    told.add(text);
    say(text);
  }

  const logger: Logger = { debug() {}, info() {}, warn: tell, error: tell, child: () => logger };
  return logger;
}
