import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  type JobListRequest,
  type JobReader,
  LeveretError,
  MAX_FAILURE_GROUPS,
  MAX_JOB_CHANGES,
  MAX_LISTED_TAGS,
  MAX_PAGE_JOBS,
  MAX_PAGE_SET_ASIDE,
  messageOf,
  RATE_SLICES,
  type RatesRequest,
} from '@leveret/core';
import type { Answers, FromReader, Question, ReaderData, ReaderFailure, ToReader } from './protocol.ts';

/** Which ledger is read. */
export interface SqliteJobReaderOptions {
  /** The database file. It must exist, and may be in use by other processes. */
  readonly file: string;
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens a ledger to read it, in a thread and on a connection of its own. Nothing is written to the file.
 *
 * @throws {LeveretError} `CONFIG_INVALID` when there is no such file, `STORE_UNAVAILABLE` when it cannot be read or was written by
 *   another version.
 */
export async function openSqliteJobReader({ file: given }: SqliteJobReaderOptions): Promise<JobReader> {
  const file = resolve(given);
  if (!existsSync(file))
    throw new LeveretError(
      'CONFIG_INVALID',
      `there is no file ${file}: no process has stored a job there yet`,
    );
  const thread = await startThread({ file });
  const pending = new Map<number, Pending>();
  let count = 0;
  let endedBecause: string | undefined;
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));

  function breakDown(reason: string): void {
    endedBecause ??= reason;
    for (const { reject } of pending.values()) reject(unavailable(endedBecause));
    pending.clear();
  }

  thread.on('message', (message: FromReader) => {
    if (message.type === 'open' || message.number === undefined) return;
    const waiting = pending.get(message.number);
    pending.delete(message.number);
    if (message.type === 'answer') waiting?.resolve(message.answer as never);
    else waiting?.reject(toError(message));
  });
  thread.on('error', (error) => breakDown(`${file}: ${messageOf(error)}`));
  thread.on('exit', () => breakDown(`the reader of ${file} is closed`));

  function ask<Kind extends Question['kind']>(question: Question & { kind: Kind }): Promise<Answers[Kind]> {
    return new Promise((resolve, reject) => {
      if (endedBecause !== undefined) return reject(unavailable(endedBecause));
      count += 1;
      pending.set(count, { resolve, reject });
      thread.postMessage({ type: 'ask', number: count, question } satisfies ToReader);
    });
  }

  return {
    get: (id) => ask({ kind: 'get', id }),
    bodyText: (id, part) => ask({ kind: 'body-text', id, part }),
    blobKeys: (id) => ask({ kind: 'blob-keys', id }),
    async newestAttempts(ids) {
      if (ids.length > MAX_PAGE_JOBS)
        throw new RangeError(`at most ${MAX_PAGE_JOBS} ids are asked for, got ${ids.length}`);
      return await ask({ kind: 'newest-attempts', ids });
    },
    logLines: (id) => ask({ kind: 'log-lines', id }),
    async list(request) {
      requireLimit(request, MAX_PAGE_JOBS);
      return await ask({ kind: 'list', request });
    },
    async summaries(ids) {
      if (ids.length > MAX_PAGE_JOBS)
        throw new RangeError(`at most ${MAX_PAGE_JOBS} jobs are read in one call, got ${ids.length}`);
      return await ask({ kind: 'summaries', ids });
    },
    count: (filter) => ask({ kind: 'count', filter }),
    async failureGroups(limit) {
      requireLimit({ limit }, MAX_FAILURE_GROUPS);
      return await ask({ kind: 'failure-groups', limit });
    },
    failureGroup: (fingerprint) => ask({ kind: 'failure-group', fingerprint }),
    counts: () => ask({ kind: 'counts' }),
    async tags(prefix, limit) {
      requireLimit({ limit }, MAX_LISTED_TAGS);
      return await ask({ kind: 'tags', prefix, limit });
    },
    lag: () => ask({ kind: 'lag' }),
    unawareWorkers: (queue, since) => ask({ kind: 'unaware-workers', queue, since }),
    setAside: {
      async messages(afterSeq, limit) {
        requireLimit({ limit }, MAX_PAGE_SET_ASIDE);
        return await ask({ kind: 'set-aside-messages', afterSeq, limit });
      },
      message: (seq) => ask({ kind: 'set-aside-message', seq }),
      async events(afterSeq, limit) {
        requireLimit({ limit }, MAX_PAGE_SET_ASIDE);
        return await ask({ kind: 'unapplied-events', afterSeq, limit });
      },
      event: (seq) => ask({ kind: 'unapplied-event', seq }),
      counts: () => ask({ kind: 'set-aside-counts' }),
      unroutableOf: (id) => ask({ kind: 'unroutable-of', id }),
    },
    activity: {
      async rates(request) {
        requireRates(request);
        return await ask({ kind: 'rates', request });
      },
      async changes(afterNumber, limit) {
        requireLimit({ limit }, MAX_JOB_CHANGES);
        return await ask({ kind: 'changes', afterNumber, limit });
      },
      oldestWaiting: (now) => ask({ kind: 'oldest-waiting', now }),
      async failureTrends(fingerprints, now) {
        if (fingerprints.length > MAX_FAILURE_GROUPS)
          throw new RangeError(
            `at most ${MAX_FAILURE_GROUPS} groups are asked for, got ${fingerprints.length}`,
          );
        return await ask({ kind: 'failure-trends', fingerprints, now });
      },
    },
    async close() {
      if (endedBecause === undefined) thread.postMessage({ type: 'close' } satisfies ToReader);
      await ended;
    },
  };
}

function requireLimit({ limit }: Pick<JobListRequest, 'limit'>, most: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw new RangeError(`limit must be a whole number from 1 to ${most}, got ${limit}`);
}

function requireRates({ since, sliceMs }: RatesRequest): void {
  if (!Number.isFinite(since)) throw new RangeError(`since must be a number, got ${since}`);
  if (!Object.hasOwn(RATE_SLICES, sliceMs))
    throw new RangeError(`sliceMs must be one of ${Object.keys(RATE_SLICES).join(', ')}, got ${sliceMs}`);
}

function unavailable(reason: string): LeveretError {
  return new LeveretError('STORE_UNAVAILABLE', reason);
}

function toError({ code, message, details }: ReaderFailure): LeveretError {
  return new LeveretError(code, message, { details });
}

function startThread(data: ReaderData): Promise<Worker> {
  const entry = new URL(
    import.meta.url.endsWith('.ts') ? './reader-thread.ts' : './reader-thread.js',
    import.meta.url,
  );
  return new Promise((resolve, reject) => {
    const thread = new Worker(entry, { workerData: data });
    thread.once('error', reject);
    thread.once('message', (message: FromReader) => {
      thread.off('error', reject);
      if (message.type === 'open') return resolve(thread);
      reject(message.type === 'failed' ? toError(message) : unavailable(data.file));
      thread.terminate().catch(reject);
    });
  });
}
