import type { JobClient } from '@leveret/client';
import type { Broker, Clock, Logger } from '@leveret/core';
import { createWorker, type HandlerRegistration, type WorkerStore } from '@leveret/worker';

/** What a worker is composed of. */
export interface StartWorkerOptions {
  readonly broker: Broker;
  readonly client: JobClient;
  /** Where repeated jobs and decisions of operators are looked up; absent if another process is asked over the live channel. */
  readonly starts?: WorkerStore | undefined;
  readonly handlers: readonly HandlerRegistration[];
  /** Absent for all queues. */
  readonly queues?: readonly string[];
  readonly concurrency: number;
  /** Where child processes look for programs: all that they are told of the environment. */
  readonly searchPath: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A worker at work. */
export interface RunningWorker {
  /** Drains; see `Worker.stop`. */
  stop(graceMs: number): Promise<void>;
  /** Resolves with a reason when the worker can no longer do its work and its process should be replaced. */
  readonly unhealthy: Promise<string>;
}

/** Starts a worker that tells the recorder what it does. */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const { broker, client, starts, handlers, queues, concurrency, searchPath, logger, clock } = options;
  let tell: (reason: string) => void = () => undefined;
  const unhealthy = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const worker = createWorker({
    broker,
    client,
    ...(starts === undefined ? {} : { store: starts }),
    handlers,
    ...(queues === undefined ? {} : { queues }),
    concurrency,
    events: true,
    children: { env: { PATH: searchPath } },
    onUnhealthy: (reason) => tell(reason),
    logger,
    clock,
  });
  await worker.start();
  return { stop: (graceMs) => worker.stop(graceMs), unhealthy };
}
