import {
  type Clock,
  type ControlAnswer,
  type ControlAuthor,
  type JobFilter,
  type JobReader,
  type JobStore,
  KEEP_OPERATIONS_MS,
  LeveretError,
  MAX_PAGE_JOBS,
  type OperationItem,
  type OperationRecord,
  type OperationRequest,
  type OutgoingMessage,
  sleep,
  VIEW_RUNS_OUT_MS,
} from '@leveret/core';
import type { Confirmations } from '../confirm/confirmations.ts';
import type { UnawareFinder } from '../confirm/unaware.ts';
import type { Dispatch } from '../dispatch.ts';

/** Jobs of one step: the ledger writes them in some milliseconds. */
const SLICE_JOBS = 100;
/** How long nobody else works on an operation, in milliseconds: long enough for a step. */
const LEASE_MS = 5_000;
const DAY_MS = 86_400_000;

/** Which jobs an operation is about: these, or all that a filter selects when it starts. */
export type OperationJobs = { readonly jobIds: readonly string[] } | { readonly filter: JobFilter };

/** How an operation is worked on. */
export interface WorkOptions {
  /** Called after each step, and once a second while another process works on it. */
  readonly onProgress?: (operation: OperationRecord) => void;
  /** Ends the work: the operation goes on when it is worked on again. */
  readonly signal?: AbortSignal;
}

/** Actions on many jobs. */
export interface Operations {
  /**
   * Creates an operation with the jobs that are selected now; jobs that come later do not belong to it. Nothing is done until {@link work}.
   * @throws {LeveretError} `STORE_UNAVAILABLE`, `QUERY_TOO_BROAD`.
   */
  start(request: OperationRequest, jobs: OperationJobs): Promise<OperationRecord>;
  /**
   * As {@link start}, but resolves when the operation is created: its jobs are chosen after that. An operation whose jobs cannot be chosen is stopped.
   * @throws {LeveretError} `STORE_UNAVAILABLE`.
   */
  begin(request: OperationRequest, jobs: OperationJobs): Promise<BegunOperation>;
  /**
   * Works on an operation until it has ended. If another process works on it, waits and takes over when that dies. What was done stays done
   * if this process dies: the next process to work on it continues with the next job.
   * @throws {LeveretError} `OPERATION_NOT_FOUND`, `STORE_UNAVAILABLE`.
   */
  work(operationId: string, options?: WorkOptions): Promise<OperationRecord>;
  /** Works on the oldest operation without a worker. Undefined when there is none. @throws {LeveretError} `STORE_UNAVAILABLE`. */
  workNext(options?: WorkOptions): Promise<OperationRecord | undefined>;
  /** Stops an operation: the jobs that are left stay as they are. Does nothing when it has ended. @throws {LeveretError} `OPERATION_NOT_FOUND`. */
  stop(operationId: string, author: ControlAuthor): Promise<OperationRecord>;
  /** Newest first. */
  list(limit: number): Promise<readonly OperationRecord[]>;
  /** @throws {LeveretError} `OPERATION_NOT_FOUND`. */
  get(operationId: string): Promise<OperationRecord>;
  /** Items from number `from` on. */
  items(operationId: string, from: number, limit: number): Promise<readonly OperationItem[]>;
}

/** An operation whose jobs are being chosen. */
export interface BegunOperation {
  /** It is `collecting`. */
  readonly operation: OperationRecord;
  /** Resolves with the operation when all its jobs are chosen; rejects with the error of {@link Operations.start} when they cannot be. */
  readonly collected: Promise<OperationRecord>;
}

/** What operations work with. */
export interface OperationsOptions {
  readonly store: JobStore;
  readonly reader: JobReader;
  readonly confirmations: Confirmations;
  readonly unaware: UnawareFinder;
  readonly dispatch: Dispatch;
  /** Tells this process from others that work on operations. */
  readonly holder: string;
  readonly clock: Clock;
}

/** How long a process waits before it looks again at an operation that another one works on, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;

/** What was decided, and is not confirmed by workers. */
interface Unconfirmed {
  seq: number;
  readonly queues: Set<string>;
}

/** Creates operations. */
export function createOperations(options: OperationsOptions): Operations {
  const { store, reader, confirmations, unaware, dispatch, clock } = options;

  /** Ids of the jobs, at most a page at a time. */
  async function* pagesOf(jobs: OperationJobs): AsyncGenerator<readonly string[]> {
    if ('jobIds' in jobs) {
      for (let from = 0; from < jobs.jobIds.length; from += MAX_PAGE_JOBS)
        yield jobs.jobIds.slice(from, from + MAX_PAGE_JOBS);
      return;
    }
    // Jobs that change later have a later moment, and do not belong to the operation. The clock of this process cannot be the bound: clocks of workers may be ahead.
    const [newest] = (await reader.list({ filter: jobs.filter, order: 'newest-first', limit: 1 })).jobs;
    if (newest === undefined) return;
    const { updated } = jobs.filter;
    const filter = { ...jobs.filter, updated: { ...updated, to: newest.updatedAt + 1 } };
    let cursor: string | undefined;
    do {
      const page = await reader.list({
        filter,
        order: 'oldest-first',
        limit: MAX_PAGE_JOBS,
        ...(cursor === undefined ? {} : { cursor }),
      });
      yield page.jobs.map(({ id }) => id);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  /** Waits until workers know of all that was decided. */
  async function settle(unconfirmed: Unconfirmed): Promise<void> {
    const { seq, queues } = unconfirmed;
    if (seq > 0) await confirmations.confirm(seq, [...queues]);
    unconfirmed.seq = 0;
    queues.clear();
  }

  /** Names the workers of these queues that do not ask. Also at the end: it may come hours after the first job of a queue. */
  async function nameUnaware(operationId: string, queues: readonly string[]): Promise<void> {
    const workers = await unaware.find(queues);
    if (workers.length > 0) await store.noteUnaware(operationId, workers).catch(() => undefined);
  }

  /** Jobs run again when no worker can start their old messages any more. Where none does, workers are waited for at the end. */
  async function follow(answers: readonly ControlAnswer[], unconfirmed: Unconfirmed): Promise<void> {
    const messages: OutgoingMessage[] = [];
    for (const answer of answers) {
      if (answer.kind === 'refused') continue;
      unconfirmed.seq = Math.max(unconfirmed.seq, answer.seq ?? 0);
      unconfirmed.queues.add(answer.queue);
      if (answer.outgoing !== undefined) messages.push(answer.outgoing);
    }
    if (messages.length === 0) return;
    await settle(unconfirmed);
    await dispatch.publish(messages);
  }

  let loopCount = 0;

  /** Each loop is a holder of its own: two loops of one process on one operation would double its rate. */
  function newHolder(): string {
    loopCount += 1;
    return `${options.holder}:${loopCount}`;
  }

  async function workOn(
    claimed: OperationRecord,
    { onProgress, signal }: WorkOptions,
    holder: string,
  ): Promise<OperationRecord | undefined> {
    const { id: operationId, perSecond } = claimed;
    const limit = Math.min(SLICE_JOBS, perSecond ?? SLICE_JOBS);
    const unconfirmed: Unconfirmed = { seq: 0, queues: new Set() };
    const queues = new Set<string>();
    let operation = claimed;
    while (operation.state === 'running' && !signal?.aborted) {
      const beganAt = clock.monotonic();
      const slice = await store.workOperation({ operationId, holder, leaseMs: LEASE_MS, limit });
      if (slice.operation === undefined) {
        await settle(unconfirmed);
        return undefined;
      }
      operation = slice.operation;
      const met = supersededQueues(slice.answers).filter((queue) => !queues.has(queue));
      for (const queue of met) queues.add(queue);
      await Promise.all([follow(slice.answers, unconfirmed), nameUnaware(operationId, met)]);
      onProgress?.(operation);
      if (operation.state === 'running' && perSecond !== undefined) {
        const restMs = (slice.answers.length / perSecond) * 1_000 - (clock.monotonic() - beganAt);
        if (restMs > 0) await sleep(clock, restMs, signal);
      }
    }
    await Promise.all([settle(unconfirmed), nameUnaware(operationId, [...queues])]);
    // Given up at once: who goes on with it need not wait until the lease has run out.
    if (operation.state === 'running') await store.claimOperation({ operationId, holder, leaseMs: 0 });
    return await store.operation(operationId);
  }

  async function get(operationId: string): Promise<OperationRecord> {
    const operation = await store.operation(operationId);
    if (operation === undefined) throw notFound(operationId);
    return operation;
  }

  async function collect(id: string, jobs: OperationJobs, author: ControlAuthor): Promise<OperationRecord> {
    try {
      for await (const jobIds of pagesOf(jobs)) await store.addToOperation(id, jobIds);
      return (await store.runOperation(id)) ?? (await get(id));
    } catch (error) {
      // While the ledger is away it stays: claims stop it later.
      await store.stopOperation(id, author).catch(() => undefined);
      throw error;
    }
  }

  async function begin(request: OperationRequest, jobs: OperationJobs): Promise<BegunOperation> {
    const operation = await store.createOperation(request);
    const collected = collect(operation.id, jobs, { by: request.by, reason: 'its jobs could not be chosen' });
    // A caller that awaits it gets the failure. Without one, the rejection must not end the process.
    collected.catch(() => undefined);
    return { operation, collected };
  }

  return {
    async start(request, jobs) {
      return await (await begin(request, jobs)).collected;
    },
    begin,
    async work(operationId, given = {}) {
      const holder = newHolder();
      // Of what another process did, this one does not know whether workers have confirmed it.
      let isOthers = false;
      for (;;) {
        const operation = await get(operationId);
        if (operation.state !== 'running' || given.signal?.aborted) {
          if (isOthers) await sleep(clock, VIEW_RUNS_OUT_MS, given.signal);
          return operation;
        }
        const claimed = await store.claimOperation({ operationId, holder, leaseMs: LEASE_MS });
        const worked = claimed && (await workOn(claimed, given, holder));
        isOthers = worked === undefined;
        if (worked !== undefined) continue;
        given.onProgress?.(operation);
        await sleep(clock, LOOK_AGAIN_MS, given.signal);
      }
    },
    async workNext(given = {}) {
      const holder = newHolder();
      const claimed = await store.claimOperation({ holder, leaseMs: LEASE_MS });
      return claimed && (await workOn(claimed, given, holder));
    },
    async stop(operationId, author) {
      const stopped = await store.stopOperation(operationId, author);
      if (stopped === undefined) throw notFound(operationId);
      return stopped;
    },
    list: (limit) => store.operations(limit),
    get,
    items: (operationId, from, limit) => store.operationItems(operationId, from, limit),
  };
}

/** The queues whose workers are to know of these answers, each once. */
function supersededQueues(answers: readonly ControlAnswer[]): readonly string[] {
  const queues = answers.flatMap((answer) =>
    answer.kind === 'done' && answer.seq !== undefined ? answer.queue : [],
  );
  return [...new Set(queues)];
}

function notFound(operationId: string): LeveretError {
  return new LeveretError(
    'OPERATION_NOT_FOUND',
    `there is no operation ${operationId}: operations are deleted ${KEEP_OPERATIONS_MS / DAY_MS} days after they have ended`,
    { details: { operationId } },
  );
}
