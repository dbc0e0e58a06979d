import { SLOW_CONTROL_MS } from '@leveret/control';
import type { FaultKind } from './fault.ts';

/** What the table says of one kind of fault. */
export interface FaultRule {
  /** When there is one, in words. */
  readonly meaning: string;
  /** How long it must be found before it is a fault, in milliseconds. */
  readonly heldMs: number;
}

/** The one table of faults: what finds them and `docs/reference/faults.md` follow it. */
export const FAULT_RULES: Readonly<Record<FaultKind, FaultRule>> = {
  'broker-away': { meaning: 'the broker cannot be reached', heldMs: 0 },
  'broker-blocked': { meaning: 'the broker takes no messages', heldMs: 0 },
  'ledger-away': {
    meaning: 'the ledger cannot be read or written, or does not answer within 2 s',
    heldMs: 0,
  },
  'recorder-away': {
    meaning:
      'no recorder reports, although the broker is there; or another ledger records, so that the one of this process is refused',
    heldMs: 3_000,
  },
  'recorder-lagging': { meaning: 'the ledger is more than 10 s behind', heldMs: 0 },
  'control-away': { meaning: 'no process with the ledger answers what workers ask', heldMs: 3_000 },
  'control-lagging': {
    meaning: `processes with the ledger take more than ${SLOW_CONTROL_MS} ms to answer workers`,
    heldMs: 6_000,
  },
  'no-worker': {
    meaning: 'a queue has jobs that have not ended, and no worker of it was seen for 10 s',
    heldMs: 0,
  },
  'waiting-too-long': {
    meaning:
      'the oldest job of a queue has waited for longer than its limit; a warning if the queue is paused',
    heldMs: 0,
  },
  'kind-failing': {
    meaning: 'half of the last 20 attempts of a kind within 5 minutes failed',
    heldMs: 0,
  },
  'set-aside': { meaning: 'messages or events are set aside', heldMs: 0 },
  'disk-low': { meaning: 'the disk of a data folder has less than 10 % or less than 1 GiB left', heldMs: 0 },
  'depth-differs': {
    meaning:
      'the broker holds more messages of a queue than the ledger has jobs that may be on it, or fewer than jobs that must be',
    heldMs: 60_000,
  },
};
