import type { JobEvent } from '../events/events.ts';
import type { Json } from '../json/json.ts';
import type { Command } from './command.ts';
import type { Subscription } from './subscription.ts';

/** Somebody who is told things while they happen. */
export interface Listener<T> {
  /** Called with each thing told. Must not block. What it throws is logged; the next one comes all the same. */
  readonly onTold: (told: T) => void;
  /**
   * Something may have been missed, and from now on is told again: look up in the ledger what became of it. Not called at the
   * start, when the subscription itself says so. What it throws is logged.
   */
  readonly onGap: () => void;
}

/** What became of a question. */
export type Answer =
  | { readonly kind: 'answered'; readonly answer: Json }
  /** No process answers at the address, or the one that was asked could not answer this. */
  | { readonly kind: 'none' }
  /** A process answers at the address, but has not answered in time. */
  | { readonly kind: 'late' };

/**
 * Tells things to whoever listens now, at most once, and keeps them for nobody: for displays, and for orders to all workers.
 * What must be known is in the ledger. A listener that cannot keep up loses the oldest of what waits for it, and costs
 * nobody else anything.
 */
export interface LiveChannel {
  /**
   * Hands the events that any process emits from now on to `listener`, in lists, and those of one job in the order in which one
   * process emitted them. What cannot be read, and events that this version does not know, are passed over.
   */
  followEvents(listener: Listener<readonly JobEvent[]>): Promise<Subscription>;
  /**
   * Tells `command` to all who listen for commands, this process included. Resolves when it is on its way to those who listen now;
   * also when nobody does.
   * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_BLOCKED`. It may have been told all the same.
   */
  broadcast(command: Command): Promise<void>;
  /** Hands the commands that any process broadcasts from now on to `listener`, in the order in which one process did. */
  onCommand(listener: Listener<Command>): Promise<Subscription>;
  /**
   * Asks the process that answers at `address`. Resolves immediately when no process answers there, or when it cannot answer; else with its answer,
   * or after `timeoutMs`. If several processes answer there, at least one is asked, and the first answer counts.
   * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_BLOCKED`. It may have been asked all the same.
   */
  ask(address: string, question: Json, timeoutMs: number): Promise<Answer>;
  /**
   * Answers what any process asks at `address`, until stopped. When `onQuestion` rejects, the reason is logged, and the other process learns only that there is no answer.
   * @throws {RangeError} for an address that {@link isAddress} refuses.
   */
  answer(address: string, onQuestion: (question: Json) => Promise<Json>): Promise<Subscription>;
}

/** Whether `text` may be an address of the live channel: letters in lower case, digits, dots and hyphens, at most 100 characters. */
export function isAddress(text: string): boolean {
  return /^[a-z0-9.-]{1,100}$/.test(text);
}

/** @throws {RangeError} when `address` is not valid: see {@link isAddress}. */
export function requireAddress(address: string): void {
  if (!isAddress(address)) throw new RangeError(`"${address}" is not an address of the live channel`);
}
