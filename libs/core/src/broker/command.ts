import type { Json } from '../json/json.ts';

/** An order to every worker there is. Whoever does not know its type, or this version of it, passes it over. */
export interface Command {
  /** What is to be done: names what the other fields mean. */
  readonly type: string;
  /** Version of the type's fields, from 1. */
  readonly version: number;
  readonly [field: string]: Json | undefined;
}

/** Reads a command; undefined when `text` is none. Never throws. */
export function parseCommand(text: string): Command | undefined {
  try {
    const command = JSON.parse(text) as Partial<Command> | null;
    const isCommand =
      typeof command?.type === 'string' &&
      Number.isSafeInteger(command.version) &&
      Number(command.version) >= 1;
    return isCommand ? (command as Command) : undefined;
  } catch {
    return undefined;
  }
}
