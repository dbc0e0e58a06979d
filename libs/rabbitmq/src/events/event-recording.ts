import { type Clock, type LeveretError, type Logger, type Random, readEventList } from '@leveret/core';
import type { Connection } from '../connection/connection.ts';
import { createBatchSubscription } from '../consume/batch-subscription.ts';
import type { ResilientSubscription } from '../consume/subscription.ts';
import type { Names } from '../topology/names.ts';
import type { Topology } from '../topology/topology.ts';
import { claimLedger } from './ledger-claim.ts';

/** Messages of events fetched ahead. */
const PREFETCH = 200;

/** How long a few events wait for others, in milliseconds: a commit takes the disk from the broker and from new jobs, however little is in it. */
const GATHER_MS = 10;

/** What recording works with. */
export interface EventRecordingOptions {
  readonly onBatch: (entries: readonly unknown[]) => Promise<void>;
  /** The ledger that they are recorded in; no other one may record them then. */
  readonly ledgerId?: string;
  /** See `RecordOptions` of the core. */
  readonly onRefused?: (refusal: LeveretError | undefined) => void;
  readonly connection: Connection;
  readonly topology: Topology;
  readonly names: Names;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Creates a recording. The broker keeps one consumer of the queue active, however many there are. */
export function createEventRecording({ onBatch, ...options }: EventRecordingOptions): ResilientSubscription {
  const { ledgerId, topology, names } = options;
  return createBatchSubscription({
    ...options,
    queueName: names.eventsQueue,
    async ensure(amqp) {
      await topology.ensureBase(amqp);
      if (ledgerId !== undefined) await claimLedger(amqp, names, ledgerId);
      return names.eventsQueue;
    },
    forget: topology.forget,
    prefetch: PREFETCH,
    mayStandBy: true,
    gatherMs: GATHER_MS,
    onBatch: (messages) => onBatch(messages.flatMap(({ raw }) => readEventList(raw.content.toString()))),
    failedWords: 'events were not recorded: will try again',
  });
}
