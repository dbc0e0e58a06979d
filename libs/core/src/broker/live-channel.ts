import type { JobEvent } from '../events/events.ts';
import type { Json } from '../json/json.ts';
import type { Command } from './command.ts';
import type { Subscription } from './subscription.ts';

/** Receives what happens, while it happens. */
export interface Listener<T> {
  /** Called with each item. Must not block. What it throws is logged; the next item comes all the same. */
  readonly onReceived: (received: T) => void;
  /**
   * Items may have been missed, and are received again from now on: look up in the ledger what became of it. Not called at the
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
 * Sends items to current listeners, at most once, and keeps none: for displays, and for commands to all workers.
 * What must be known is in the ledger. A listener that cannot keep up loses the oldest of what waits for it, and costs
 * no other listener anything.
 */
export interface LiveChannel {
  /**
   * Hands the events that any process emits from now on to `listener`, in lists, and those of one job in the order in which one
   * process emitted them. What cannot be read, and events that this version does not know, are passed over.
   */
  followEvents(listener: Listener<readonly JobEvent[]>): Promise<Subscription>;
  /**
   * Sends `command` to all listeners for commands, this process included. Resolves when it is on its way to the current listeners;
   * also when there are none.
   * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_BLOCKED`. It may have been sent all the same.
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
