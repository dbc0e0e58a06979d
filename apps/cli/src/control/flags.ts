import { MAX_CONTROL_REASON } from '@leveret/core';
import { type Command, InvalidArgumentError } from 'commander';
import { addLedgerFlags, type LedgerFlags } from '../ledger/flags.ts';

/** Flags of every command that acts. */
export interface ActionFlags extends LedgerFlags {
  readonly reason?: string;
}

/** Flags of every command that may act on many jobs. */
export interface ManyFlags extends ActionFlags {
  readonly yes: boolean;
  readonly rate?: number;
}

/** Most jobs a second of an operation. */
const MAX_RATE = 100_000;

/** Adds {@link ActionFlags}. */
export function addActionFlags(command: Command): Command {
  return addLedgerFlags(command).option('--reason <text>', 'why, for the audit', toReason);
}

/** Adds {@link ManyFlags}. */
export function addManyFlags(command: Command): Command {
  return addActionFlags(command)
    .option('--yes', 'do not ask first', false)
    .option('--rate <count>', 'most jobs a second, for many jobs', (text) => toWhole(text, MAX_RATE));
}

/** The whole number from 1 to `most` that `text` is. @throws {InvalidArgumentError} */
export function toWhole(text: string, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most) throw new InvalidArgumentError(`must be a whole number from 1 to ${most}`);
  return number;
}

function toReason(text: string): string {
  if (text.length > MAX_CONTROL_REASON)
    throw new InvalidArgumentError(`has at most ${MAX_CONTROL_REASON} characters`);
  return text;
}
