import type { Clock } from '@leveret/core';
import type { Claimants } from '../file/claimants.ts';
import { createClockOperations } from '../file/clock-operations.ts';
import type { SqlConnection } from '../file/libsql.ts';
import { createAccountOperations } from './accounts/account-operations.ts';
import { createActivity } from './activity/activity.ts';
import { createBlobChanges } from './blobs/blob-changes.ts';
import { createBlobOperations } from './blobs/blob-operations.ts';
import { createControlOperations } from './control/control-operations.ts';
import { createOldActions } from './control/old-actions.ts';
import { createSupersededEntries } from './control/superseded-entries.ts';
import { createDeadLetterOperations } from './dead-letter-operations.ts';
import { createEmittedEvents } from './emitted-events.ts';
import { createEventOperations } from './event-operations.ts';
import { createOldGroups } from './failures/old-groups.ts';
import { createJobOperations } from './job-operations.ts';
import { createMessageOperations } from './message-operations.ts';
import { createRetentionOperations } from './retention-operations.ts';
import { createSetAsideOperations } from './set-aside/set-aside-operations.ts';
import { createUnappliedOperations } from './set-aside/unapplied-operations.ts';
import { createSignalOperations } from './signal-operations.ts';

/** What the poll found: where there is something to do. */
export interface PollReport {
  /** Of the queues asked about, those with a message that can be claimed. */
  readonly queues: readonly string[];
  readonly hasEvents: boolean;
  /** Of the queues whose dead letters are asked about, those that have some. */
  readonly deadQueues: readonly string[];
  /** Number of the last signal. */
  readonly lastSignal: number;
  /** Claimants whose process is gone: what they held is to be taken back. */
  readonly gone: readonly number[];
  /** How far the time of the file is ahead of the wall clock, as the file has it. */
  readonly aheadMs: number;
}

/** What operations work with. */
export interface OperationsContext {
  readonly claimants: Claimants;
  /** The number of this process among them. */
  readonly claimant: number;
  readonly clock: Clock;
  /** Asks for a commit, because something is to be written that no operation has asked for. */
  readonly askForCommit: () => void;
}

/** Every operation on the file, each one step inside the transaction of its batch; and how what a batch has left is written or forgotten. */
export function createOperations(
  connection: SqlConnection,
  { claimants, claimant, clock: { monotonic, schedule }, askForCommit }: OperationsContext,
) {
  const published = new Set<string>();
  const clock = createClockOperations(connection);
  const { noteTime } = clock;
  const activity = createActivity(connection, { now: clock.latest, clock: { schedule }, askForCommit });
  const events = createEventOperations(connection, claimant);
  const signals = createSignalOperations(connection, claimant);
  const superseded = createSupersededEntries(connection);
  const isPublished = (id: string) => published.has(id);
  const blobs = createBlobChanges(connection);
  const jobs = createJobOperations(connection, {
    noteTime,
    latest: clock.latest,
    isPublished,
    superseded,
    blobs,
    activity,
  });
  /** Returns how to forget what is remembered from now on, because it is undone in the same transaction. */
  const mark = () => {
    const rewind = activity.mark();
    return () => {
      rewind();
      jobs.forgetStored();
    };
  };
  const emitted = createEmittedEvents(connection, {
    isRecordedHere: events.isRecordedHere,
    apply: jobs.apply,
    hasFollowers: signals.hasFollowers,
    emitLive: signals.emitLive,
    store: events.store,
    mark,
  });
  const deadLetters = createDeadLetterOperations(connection);
  const messages = createMessageOperations(connection, {
    claimant,
    noteTime,
    onPublished: (id) => published.add(id),
    onEvents: emitted.add,
  });

  /** Gives back everything that a claimant holds. */
  function retire(other: number): void {
    messages.operations.releaseClaimsOf(other);
    events.operations.dismissRecorderOf(other);
    signals.operations.dismissListenersOf(other);
    claimants.strike(other);
  }

  const findMeta = connection.prepare('SELECT value FROM meta WHERE name = ?');
  const putMeta = connection.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)');
  const brokerName = () => findMeta.get('broker')?.[0] as string | undefined;

  const operations = {
    ...messages.operations,
    ...events.operations,
    ...signals.operations,
    /** Has events, as JSON, recorded: by this batch, or later by the recorder. */
    emit(list: string, now: number): void {
      noteTime(now);
      emitted.add(list);
    },
    ...jobs.operations,
    ...createControlOperations(connection, { superseded, noteTime, activity }),
    ...createAccountOperations(connection),
    ...createUnappliedOperations(connection),
    ...createRetentionOperations(connection, { monotonic, noteTime, superseded, blobs, activity }),
    ...createBlobOperations(connection, blobs),
    ...createOldActions(connection),
    ...createOldGroups(connection),
    ...deadLetters,
    ...createSetAsideOperations(connection),
    ledgerId: () => String(findMeta.get('ledger-id')?.[0]),
    brokerName,
    noteBroker(name: string): void {
      putMeta.run('broker', name);
    },
    setClock: clock.setClock,
    /** Has what was counted written by this commit. */
    writeRates: () => activity.rollups.writeSoon(),
    probe: clock.probe,
    poll: (queues: readonly string[], deadQueues: readonly string[], now: number): PollReport => ({
      queues: queues.filter((queue) => messages.operations.hasClaimable(queue, now)),
      hasEvents: events.operations.hasEvents(),
      deadQueues: deadLetters.withDeadLetters(deadQueues),
      lastSignal: signals.operations.lastSignal(),
      gone: claimants.findGone(),
      aheadMs: clock.readClock().aheadMs,
    }),
    retireGone(gone: readonly number[]): void {
      for (const other of gone) retire(other);
    },
    retire(): void {
      retire(claimant);
      activity.rollups.writeSoon();
    },
  };
  return {
    operations,
    activity,
    forgetBatch(): void {
      published.clear();
      messages.inserts.discard();
      jobs.inserts.discard();
      emitted.discard();
    },
    forgetStored: jobs.forgetStored,
    mark,
    flushBatch(): void {
      messages.inserts.flush();
      jobs.inserts.flush();
      // At the end: they may be about jobs that were accepted in this batch.
      emitted.flush();
    },
  };
}

/** The operations by name. */
export type Operations = ReturnType<typeof createOperations>['operations'];
/** The name of an operation. */
export type OperationName = keyof Operations;

/** Operations that do not depend on new rows and events of their batch: they may run before these are written. */
export const BEFORE_FLUSH: ReadonlySet<string> = new Set<OperationName>([
  'publish',
  'accept',
  'emit',
  'settle',
]);

/** Operations that only read: they need no transaction, and do not wait for another process that writes. */
export const READ_ONLY: ReadonlySet<string> = new Set<OperationName>([
  'poll',
  'get',
  'inspect',
  'hasClaimable',
  'hasEvents',
  'countEvents',
  'readSignals',
  'listUnapplied',
  'lastSignal',
  'view',
  'pauses',
  'workers',
  'audit',
  'operation',
  'operations',
  'operationItems',
  'queues',
  'brokerName',
  'listUnreferencedBlobs',
  'findReferencedBlobs',
  'listUnrecordedBlobs',
  'blobStorage',
  'accounts',
  'findAccount',
  'apiKeys',
  'findApiKey',
  'findSession',
  'sessions',
  'endedSessions',
]);

/** Operations that always write: done, they prove that the file can be written. */
export const WRITING: ReadonlySet<string> = new Set<OperationName>(['publish', 'emit', 'accept', 'probe']);

/**
 * Operations that take on new jobs or lists of jobs, or what the broker keeps until it is taken: refused while the disk is nearly full. What control
 * does to a job takes a few hundred bytes, and is done.
 */
export const ACCEPTING: ReadonlySet<string> = new Set<OperationName>([
  'publish',
  'accept',
  'acceptUnlessKnown',
  'createOperation',
  'addToOperation',
  'keepDeadLetters',
  'keepSetAside',
]);

/** Operations that an operator waits for: while another process writes, they are refused sooner than others. */
export const ACTING: ReadonlySet<string> = new Set<OperationName>([
  'control',
  'pauseQueue',
  'resumeQueue',
  'createOperation',
  'addToOperation',
  'runOperation',
  'claimOperation',
  'workOperation',
  'noteUnaware',
  'stopOperation',
  'discardSetAside',
  'removeUnapplied',
  'addAccount',
  'changeAccount',
  'changeOwnPassword',
  'removeAccount',
  'addApiKey',
  'revokeApiKey',
  'addSession',
  'endSession',
]);

/** Operations after which other parts of this or another process may have work. */
export const WAKING: ReadonlySet<string> = new Set<OperationName>([
  'publish',
  'settle',
  'release',
  'emit',
  'tell',
  'retireGone',
  'resignRecorder',
  'retire',
]);
