import {
  type Clock,
  MAX_RUNNING_JOBS,
  type QueueSlots,
  type RunningJob,
  type WorkerLoad,
} from '@leveret/core';
import { measureProcess, type ProcessFigures } from './process-figures.ts';

/** A load is measured so far apart, in milliseconds: the ledger is asked more often, and notes less often. */
const MEASURE_EVERY_MS = 2_000;

/** The part of a runner of a queue that is shown. */
export interface LoadedQueue {
  slots(): QueueSlots;
  /** Jobs whose handlers run, those that started first at the beginning. */
  running(): readonly RunningJob[];
}

/** What measuring works with. */
export interface WorkerLoadOptions {
  readonly queues: () => readonly LoadedQueue[];
  /** Begins to measure the process. */
  readonly measure?: () => ProcessFigures;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Measures what a worker does. */
export interface MeasuredLoad {
  /** At most two seconds old. The first call begins to measure. */
  read(): WorkerLoad;
  /** Ends measuring. Safe to call twice. */
  close(): void;
}

/** Creates it. */
export function createWorkerLoad({
  queues,
  measure = measureProcess,
  clock,
}: WorkerLoadOptions): MeasuredLoad {
  let figures: ProcessFigures | undefined;
  let measuredAt = 0;
  let cpuMs = 0;
  let load: WorkerLoad | undefined;

  function loadNow(measured: ProcessFigures): WorkerLoad {
    const now = clock.monotonic();
    const total = measured.cpuMs();
    const cpuShare = load === undefined ? 0 : (total - cpuMs) / (now - measuredAt);
    measuredAt = now;
    cpuMs = total;
    const running = queues().flatMap((queue) => queue.running());
    return {
      rssBytes: measured.rssBytes(),
      cpuShare: Math.round(cpuShare * 1_000) / 1_000,
      eventLoopDelayMs: Math.round(measured.eventLoopDelayMs() * 10) / 10,
      slots: queues().map((queue) => queue.slots()),
      running: running.sort((one, other) => one.startedAt - other.startedAt).slice(0, MAX_RUNNING_JOBS),
    };
  }

  return {
    read() {
      figures ??= measure();
      if (load === undefined || clock.monotonic() - measuredAt >= MEASURE_EVERY_MS) load = loadNow(figures);
      return load;
    },
    close: () => figures?.close(),
  };
}
