import type { Delivery, Place } from '@leveret/core';
import type { AheadAnswer } from '../starts/starts.ts';
import type { Candidate } from './candidate-turns.ts';

/** A run of a job, from the arrival of its delivery until that is settled or released. */
export interface Run {
  readonly delivery: Delivery;
  /** Of `runKey`. */
  readonly key: string;
  /** The same message, delivered again because the channel of the first delivery was lost, or sent twice. */
  repeats: readonly Delivery[];
  /** Among those that have a slot, or had one and are being settled. */
  place: Place<Run> | undefined;
  /** What the ledger was asked while it waited for a slot. */
  ahead: AheadAnswer | undefined;
  /** Its turn, when it runs as a poison candidate. */
  turn: Candidate | undefined;
}
