import {
  type Clock,
  type ControlAuthor,
  type ControlStore,
  MAX_CONTROL_REASON,
  newId,
  systemRandom,
} from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import type { FileTime } from '../file/file-time.ts';
import type { Moment } from '../operations/control/moment.ts';

/** Largest limits of what is asked for in one call. */
const MAX_AUDIT_ENTRIES = 1_000;
const MAX_ADDED_JOBS = 1_000;
const MAX_OPERATIONS = 500;
const MAX_ITEMS = 1_000;
const MAX_PER_SECOND = 100_000;

/** What the control part of the ledger works with. */
export interface SqliteControlStoreOptions {
  /** @throws {LeveretError} `STORE_UNAVAILABLE` when the ledger is closed or cannot be used. */
  readonly call: SqliteDatabase['call'];
  readonly time: FileTime;
  readonly clock: Clock;
}

/** The control part of the ledger in a SQLite file. */
export function createSqliteControlStore({ call, time, clock }: SqliteControlStoreOptions): ControlStore {
  const moment = (): Moment => ({ now: time.now(clock), at: clock.now() });

  return {
    async control(requests) {
      for (const request of requests) requireReason(request);
      return await call('control', requests, moment());
    },
    async pauseQueue(pause) {
      requireReason(pause);
      return await call('pauseQueue', pause, moment());
    },
    async resumeQueue(resume) {
      requireReason(resume);
      return await call('resumeQueue', resume, moment());
    },
    async discardSetAside(discard) {
      requireReason(discard);
      return await call('discardSetAside', discard, moment());
    },
    pauses: () => call('pauses'),
    view: (request) => call('view', request),
    noteWorker: (worker) => call('noteWorker', worker, time.now(clock)),
    forgetWorker: (instanceId) => call('forgetWorker', instanceId),
    workers: (withinMs) => call('workers', withinMs, moment()),
    async audit(request) {
      requireWithin('limit', request.limit, MAX_AUDIT_ENTRIES);
      return await call('audit', request);
    },
    async createOperation(request) {
      requireReason(request);
      if (request.perSecond !== undefined) requireWithin('perSecond', request.perSecond, MAX_PER_SECOND);
      return await call('createOperation', newId(clock, systemRandom), request, moment());
    },
    async addToOperation(operationId, jobIds) {
      if (jobIds.length > MAX_ADDED_JOBS)
        throw new RangeError(`at most ${MAX_ADDED_JOBS} jobs are added in one call, got ${jobIds.length}`);
      await call('addToOperation', operationId, jobIds, time.now(clock));
    },
    runOperation: (operationId) => call('runOperation', operationId, moment()),
    claimOperation: (claim) => call('claimOperation', claim, moment()),
    workOperation: (claim) => call('workOperation', claim, moment()),
    noteUnaware: (operationId, workers) => call('noteUnaware', operationId, workers),
    async stopOperation(operationId, author) {
      requireReason(author);
      return await call('stopOperation', operationId, author, moment());
    },
    operation: (operationId) => call('operation', operationId),
    async operations(limit) {
      requireWithin('limit', limit, MAX_OPERATIONS);
      return await call('operations', limit);
    },
    async operationItems(operationId, from, limit) {
      requireWithin('limit', limit, MAX_ITEMS);
      return await call('operationItems', operationId, from, limit);
    },
  };
}

function requireReason({ reason = '' }: Pick<ControlAuthor, 'reason'>): void {
  if (reason.length > MAX_CONTROL_REASON)
    throw new RangeError(`a reason has at most ${MAX_CONTROL_REASON} characters, got ${reason.length}`);
}

function requireWithin(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new RangeError(`${name} must be a whole number from 1 to ${most}, got ${value}`);
}
