import type { ControlHealth } from '@leveret/control';
import type { BrokerStatus, DiskRoom, StoreStatus } from '@leveret/core';
import type { LedgerSnapshot } from '../overview/ledger-snapshots.ts';

/** What the broker holds of a queue. */
export interface QueueDepth {
  readonly queue: string;
  /** Messages that wait for a consumer. */
  readonly ready: number;
  /** Messages that no worker starts, because their jobs were cancelled or run again as a later generation: some of them are among the ready ones. */
  readonly superseded: number;
}

/** The disk of a data folder. */
export interface FolderDisk extends DiskRoom {
  readonly folder: string;
}

/** What faults are found in. */
export interface Observation {
  readonly broker: BrokerStatus;
  readonly store: StoreStatus;
  /** Why a recorder of this process may not record; undefined when it may, and when there is none. */
  readonly recorderRefusal: string | undefined;
  /** What the ledger knows; the reason when it cannot be read. */
  readonly ledger: LedgerSnapshot | { readonly reason: string };
  /** How what workers ask is answered; undefined when nobody can be asked, because the broker is away. */
  readonly control: ControlHealth | undefined;
  /** Undefined when the broker did not say. */
  readonly depths: readonly QueueDepth[] | undefined;
  readonly disks: readonly FolderDisk[];
  /** The process has just started: workers and recorders that start at the same time may not be seen yet. */
  readonly isStarting: boolean;
}

/** What the ledger knows; undefined when it cannot be read. */
export function ledgerOf({ ledger }: Pick<Observation, 'ledger'>): LedgerSnapshot | undefined {
  return 'reason' in ledger ? undefined : ledger;
}
