import { hostname } from 'node:os';
import {
  type AttemptLedger,
  type Broker,
  type Clock,
  type ControlSource,
  type ControlStore,
  createAttemptLedger,
  createControlSource,
  createRemoteAttemptLedger,
  createRemoteControlSource,
  LEVERET_VERSION,
  type Logger,
  newId,
  type Random,
  type StartStore,
  type Subscription,
  systemClock,
  systemRandom,
  toLogger,
} from '@leveret/core';
import { type ChildPool, type ChildPoolOptions, createChildPool } from './child/child-pool.ts';
import { createWorkerControl } from './control/worker-control.ts';
import type { Enqueuer } from './handler/enqueuer.ts';
import { createHooks, type WorkerHooks } from './handler/hooks.ts';
import { createInlineExecutor } from './handler/inline-executor.ts';
import { type HandlerReference, loadAtStart } from './handler/load-handler.ts';
import type { ChildExecutors, Runnable } from './handler/prepare.ts';
import type { HandlerRegistration } from './handler/registration.ts';
import { createWorkerLoad } from './load/worker-load.ts';
import { captureContext } from './own-context.ts';
import { createCandidateTurns } from './queue/candidate-turns.ts';
import { enterPresence } from './queue/presence.ts';
import { createQueueRunner, type QueueRunner } from './queue/queue-runner.ts';
import { createAttemptReports } from './settlement/attempt-reports.ts';
import { createEventOutbox, noOutbox } from './settlement/event-outbox.ts';
import { createSettler } from './settlement/settler.ts';
import { createInstanceDirectory } from './starts/instances.ts';
import { createRepetitions } from './starts/repetitions.ts';
import { createStarts } from './starts/starts.ts';
import { onStopSignals } from './stop-signals.ts';

/** Handlers of one queue that run at the same time by default. */
const DEFAULT_CONCURRENCY = 10;
/** How long handlers get to end after a signal, in milliseconds. */
const SIGNAL_GRACE_MS = 10_000;
/** Most handlers of one queue that run at the same time. */
const MAX_CONCURRENCY = 1_000;

/** What a worker works with. */
export interface WorkerOptions extends WorkerHooks {
  readonly broker: Broker;
  /** One registration per kind of job. */
  readonly handlers: readonly HandlerRegistration[];
  /** Queues to consume; all queues of the handlers by default. */
  readonly queues?: readonly string[];
  /** Handlers of one queue that run at the same time, from 1 to 1000; 10 by default. */
  readonly concurrency?: number;
  /** A job client, for handlers that enqueue children. */
  readonly client?: Enqueuer;
  /** Emit events about jobs. Only if a recorder runs: without one, events pile up in the broker. */
  readonly events?: boolean;
  /** How child processes are kept, for handlers with isolation `process`. */
  readonly children?: Pick<ChildPoolOptions, 'env' | 'memoryBytes'>;
  /**
   * The ledger, if this process has it open. With `events`, the worker looks up a repeated job in the ledger before it runs: a job that is
   * done does not run again, and starts without a known end are counted. If left out, the worker asks the process of a recorder over the
   * broker's live channel. Without `events`, and while no process answers, the broker's count of returns decides. In the same way, the worker learns
   * at least once a second which jobs were cancelled and which queues are paused. While it cannot, it starts no job, for at most 30 s.
   */
  readonly store?: WorkerStore;
  /** Shown in events; a new id by default. */
  readonly workerId?: string;
  /** Version of the code of the handlers, such as a release or a commit. Shown in events; Leveret's own version by default. */
  readonly version?: string;
  /**
   * Drain at SIGTERM and SIGINT: the started worker stops, with 10 s for running handlers, and then lets the signal end the process. A second
   * signal, more than a second later, ends it immediately. By default the worker listens to no signal.
   */
  readonly stopOnSignals?: boolean;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/** The part of a ledger that a worker works with. */
export type WorkerStore = StartStore & Pick<ControlStore, 'view' | 'noteWorker' | 'forgetWorker'>;

/** Runs jobs. */
export interface Worker {
  /**
   * Loads the handlers, also those that run in child processes, and starts consuming; resolves when every queue is being consumed. Rejects
   * with `HANDLER_NOT_LOADED` if a handler cannot be loaded within 60 s. When it rejects, nothing is left running. A worker that was stopped,
   * even before it was started, does not start again: create another.
   */
  start(): Promise<void>;
  /**
   * Stops consuming, releases unstarted jobs uncharged, waits up to `graceMs` for handlers to end, then aborts them and waits up to 5 s more.
   * Jobs that still run then are released uncharged. The broker stays open. Safe to call twice.
   */
  stop(graceMs: number): Promise<void>;
}

/**
 * Creates a worker. Its handlers run in the async context in which it was created: an `AsyncLocalStorage` has the same store there, never that
 * of the code that enqueued a job.
 *
 * @throws {RangeError} for a concurrency out of bounds, two handlers of one kind, or a queue that no handler works on.
 */
export function createWorker(options: WorkerOptions): Worker {
  const {
    broker,
    handlers,
    concurrency = DEFAULT_CONCURRENCY,
    client,
    clock = systemClock,
    random = systemRandom,
  } = options;
  const logger = toLogger(options.logger);
  const queues = options.queues ?? [...new Set(handlers.map(({ definition }) => definition.queue))];
  requireSound(handlers, queues, concurrency);
  const workerId = options.workerId ?? newId(clock, random);
  // An id that is given may be in use by an earlier run of this process, or by another worker.
  const instanceId = options.workerId === undefined ? workerId : newId(clock, random);
  const worker = { workerId, instanceId, version: options.version ?? LEVERET_VERSION, host: hostname() };
  const tellOutcomes = options.events ?? false;
  const outbox = tellOutcomes ? createEventOutbox(broker, clock, logger) : noOutbox;
  const ledger = tellOutcomes ? ledgerOf(broker, options.store) : undefined;
  const starts = createStarts({ ledger, instanceId, concurrency, clock, logger });
  const repetitions =
    ledger === undefined ? undefined : createRepetitions({ live: broker.live, instanceId, clock, logger });
  const load = createWorkerLoad({ queues: () => runners, clock });
  const control =
    ledger === undefined
      ? undefined
      : createWorkerControl({
          source: controlSourceOf(broker, options.store, clock),
          live: broker.live,
          presence: {
            ...worker,
            host: hostname(),
            pid: process.pid,
            queues,
            kinds: handlers.map(({ definition }) => definition.kind),
            concurrency,
            startedAt: clock.now(),
          },
          load: load.read,
          clock,
          logger,
        });
  let runners: readonly QueueRunner[] = [];
  const turns = createCandidateTurns(clock, () => runners.every((runner) => runner.isIdle()));
  const hooks = createHooks(options, logger);
  const reports = createAttemptReports(logger, hooks);
  const shared = { worker, outbox, hooks, reports, clock, logger };
  const inOwnContext = captureContext();
  let creating: Promise<readonly QueueRunner[]> | undefined;
  let pool: ChildPool | undefined;
  /** For poison candidates whose handlers run in this process. */
  let standIns: ChildPool | undefined;
  let areHandlersLoaded = false;
  let presence: Subscription | undefined;
  let ignoreSignals: () => void = () => undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  async function runnableOf(registration: HandlerRegistration): Promise<Runnable> {
    const { definition } = registration;
    if ('handler' in registration)
      return { definition, execute: createInlineExecutor(registration.handler), isInline: true };
    const { module, factory, options: handlerOptions, isolation } = registration;
    const reference = { module, factory, options: handlerOptions };
    if (isolation === 'process') {
      pool ??= createChildPool({ clock, logger, ...options.children });
      await pool.load(reference);
      const inChild = childExecutors(pool, reference);
      return { definition, execute: inChild.pooled, inChild, isInline: false };
    }
    standIns ??= createChildPool({ clock, logger, asParent: true });
    const execute = createInlineExecutor(await loadAtStart(reference, clock));
    return { definition, execute, inChild: childExecutors(standIns, reference), isInline: true };
  }

  async function runnablesOf(queue: string): Promise<ReadonlyMap<string, Runnable>> {
    const own = handlers.filter(({ definition }) => definition.queue === queue);
    const runnables = own.map(async (registration) => {
      const runnable = await runnableOf(registration);
      return [runnable.definition.kind, runnable] as const;
    });
    return new Map(await Promise.all(runnables));
  }

  async function createRunner(queue: string): Promise<QueueRunner> {
    const settler = createSettler({ ...shared, starts, tellOutcomes, random });
    const runnables = await runnablesOf(queue);
    return createQueueRunner({
      ...shared,
      queue,
      concurrency,
      runnables,
      broker,
      enqueuer: client,
      settler,
      starts,
      turns,
      control,
      repetitions,
      tellOutcomes,
      inOwnContext,
      onUnhealthy: hooks.unhealthy,
    });
  }

  async function start(): Promise<void> {
    if (stopping !== undefined) return;
    if (options.stopOnSignals)
      ignoreSignals = onStopSignals({ host: process, clock, stop: () => stopOnce(SIGNAL_GRACE_MS) });
    creating = Promise.all(queues.map(createRunner));
    try {
      runners = await creating;
      areHandlersLoaded = true;
      if (stopping !== undefined) return;
      if (ledger !== undefined)
        presence = await enterPresence({
          live: broker.live,
          instanceId,
          runners: new Map(runners.map((runner) => [runner.queue, runner])),
          control,
          logger,
        });
      await control?.start();
      if (stopping !== undefined) return await presence?.stop();
      throwFirst(await Promise.allSettled(runners.map((runner) => runner.start())));
    } catch (error) {
      const isInterrupted = stopping !== undefined && !areHandlersLoaded;
      await stopOnce(0).catch(() => undefined);
      if (!isInterrupted) throw error;
    }
    if (stopping === undefined) logger.info({ queues, concurrency, workerId }, 'worker takes jobs');
  }

  async function stop(graceMs: number): Promise<void> {
    // Before every handler is loaded no job runs: one that never comes to its end must not hold this up.
    if (!areHandlersLoaded) await pool?.close();
    const created = (await creating?.catch(() => [])) ?? [];
    const stopped = await Promise.allSettled(created.map((runner) => runner.stop(graceMs)));
    await Promise.all([pool?.close(), standIns?.close()]);
    await outbox.close();
    await presence?.stop();
    await control?.stop();
    load.close();
    ignoreSignals();
    throwFirst(stopped);
  }

  function stopOnce(graceMs: number): Promise<void> {
    stopping ??= stop(graceMs);
    return stopping;
  }

  return {
    start() {
      starting ??= start();
      return starting;
    },
    stop: stopOnce,
  };
}

/** The ledger of this process if it is open here; otherwise one that is asked over the live channel. */
function ledgerOf({ live }: Broker, store: WorkerStore | undefined): AttemptLedger {
  if (store === undefined) return createRemoteAttemptLedger(live);
  return createAttemptLedger(store, createInstanceDirectory(live));
}

/** Control by the ledger of this process if it is open here; otherwise by one that is asked over the live channel. */
function controlSourceOf({ live }: Broker, store: WorkerStore | undefined, clock: Clock): ControlSource {
  return store === undefined ? createRemoteControlSource(live) : createControlSource(store, clock);
}

function childExecutors(pool: ChildPool, reference: HandlerReference): ChildExecutors {
  return { pooled: pool.executor(reference), alone: pool.executorAlone(reference) };
}

function throwFirst(outcomes: readonly PromiseSettledResult<void>[]): void {
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function requireSound(
  handlers: readonly HandlerRegistration[],
  queues: readonly string[],
  concurrency: number,
): void {
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MAX_CONCURRENCY) {
    throw new RangeError(
      `concurrency must be a whole number from 1 to ${MAX_CONCURRENCY}, got ${concurrency}`,
    );
  }
  const kinds = handlers.map(({ definition }) => definition.kind);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined) throw new RangeError(`"${twice}" has two handlers`);
  const worked = new Set(handlers.map(({ definition }) => definition.queue));
  const idle = queues.find((queue) => !worked.has(queue));
  if (idle !== undefined) {
    throw new RangeError(
      `no handler works on queue "${idle}"; there are: ${[...worked].join(', ') || 'none'}`,
    );
  }
}
