import {
  type Clock,
  createUnderWay,
  type JobStore,
  LeveretError,
  MAX_DELETED_ACTIONS,
  MAX_DELETED_GROUPS,
  MAX_DELETED_JOBS,
  requireBlobLimit,
  requireDeletionLimit,
  systemClock,
} from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import { toJobDeadLetter, toJobRow } from '../operations/job-operations.ts';
import { toSetAsideRow } from '../operations/set-aside/set-aside-operations.ts';
import { createSuccessRows, type SuccessRow } from '../rows/success-rows.ts';
import { createSqliteControlStore } from './control-store.ts';

/** What the ledger works with. */
export interface SqliteJobStoreOptions {
  /** Stays open when the ledger is closed. */
  readonly database: SqliteDatabase;
  readonly clock?: Clock;
}

/** The ledger in a SQLite file, shared by the processes of one machine. */
export function createSqliteJobStore({ database, clock = systemClock }: SqliteJobStoreOptions): JobStore {
  const underWay = createUnderWay();
  const toSuccessRow = createSuccessRows();
  let closed = false;

  const call: SqliteDatabase['call'] = async (operation, ...args) => {
    if (closed) throw new LeveretError('STORE_UNAVAILABLE', `the ledger in ${database.file} is closed`);
    underWay.begin();
    try {
      return await database.call(operation, ...args);
    } finally {
      underWay.end();
    }
  };

  return {
    ...createSqliteControlStore({ call, time: database.time, clock }),
    async accept(entries) {
      const now = database.time.now(clock);
      const rows = entries.map((entry) => toJobRow(entry, now));
      if (entries.some(({ isIdGiven }) => isIdGiven)) return await call('acceptUnlessKnown', rows, now);
      const answer = (await call('accept', rows, now)) ?? 'new';
      return entries.map(() => answer);
    },
    markDispatched: (ids, generation = 0) => call('markDispatched', ids, generation),
    async apply(events) {
      const successes: SuccessRow[] = [];
      const others = events.filter((event) => {
        const success = toSuccessRow(event);
        if (success !== undefined) successes.push(success);
        return success === undefined;
      });
      await call('apply', others, successes, database.time.now(clock));
    },
    keepDeadLetters: (letters, at) =>
      call('keepDeadLetters', letters.map(toJobDeadLetter), at, database.time.now(clock)),
    setAside: { keep: (messages) => call('keepSetAside', messages.map(toSetAsideRow)) },
    noteRecording: (report) => call('noteRecording', report),
    queues: () => call('queues'),
    unapplied: {
      keep: (events) => call('keepUnapplied', events),
      list: (afterSeq, limit) => call('listUnapplied', afterSeq, limit),
      count: () => call('countUnapplied'),
      remove: (seqs) => call('removeUnapplied', seqs),
    },
    retention: {
      async deleteFinished(request) {
        requireDeletionLimit(request, MAX_DELETED_JOBS);
        return await call('deleteFinished', request, database.time.now(clock));
      },
      async deleteOldActions(request) {
        requireDeletionLimit(request, MAX_DELETED_ACTIONS);
        return await call('deleteOldActions', request);
      },
      async deleteOldGroups(request) {
        requireDeletionLimit(request, MAX_DELETED_GROUPS);
        return await call('deleteOldGroups', request);
      },
    },
    noteBroker: (name) => call('noteBroker', name),
    brokerName: () => call('brokerName'),
    blobReferences: {
      async listUnreferenced(limit) {
        requireBlobLimit(limit);
        return await call('listUnreferencedBlobs', limit, database.time.now(clock));
      },
      findReferenced: (files) => call('findReferencedBlobs', files),
      forget: (blob) => call('forgetBlob', blob),
      postpone: (blob) => call('postponeBlob', blob, database.time.now(clock)),
      async listUnrecorded(kind, limit) {
        requireBlobLimit(limit);
        return await call('listUnrecordedBlobs', kind, limit);
      },
      recordMissing: (kind, references) => call('recordMissingBlobs', kind, references),
      storage: () => call('blobStorage'),
      noteStorage: (id) => call('noteBlobStorage', id),
    },
    ledgerId: () => call('ledgerId'),
    get: (id) => call('get', id),
    claimUndispatched: (options) => call('claimUndispatched', options, database.time.now(clock)),
    holdUndispatched: (ids, holdMs) => call('holdUndispatched', ids, holdMs, database.time.now(clock)),
    begin: (requests) => call('begin', requests, database.time.now(clock)),
    noteEnds: (ends) => call('noteEnds', ends, database.time.now(clock)),
    status() {
      const reason = closed ? 'the ledger is closed' : (database.trouble() ?? database.shortage());
      return reason === undefined ? { state: 'up' } : { state: 'down', code: 'STORE_UNAVAILABLE', reason };
    },
    async close() {
      closed = true;
      await underWay.idle();
    },
  };
}
