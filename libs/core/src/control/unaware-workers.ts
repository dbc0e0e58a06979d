import { FORGET_WORKER_AFTER_MS } from './control-view.ts';

/** A worker that started jobs and does not ask what control has decided: it is of an earlier version, or foreign. It may run what was decided against. */
export interface UnawareWorker {
  readonly workerId: string;
  /** Name of the machine it runs on. */
  readonly host?: string;
  /** Version of the code of its handlers. */
  readonly version?: string;
  /** When it last started a job, by its own clock, in milliseconds since 1970. */
  readonly lastStartAt: number;
}

/** A worker that started no job for so long, in milliseconds, does not count as there. Not more: one that asked, and is forgotten, would be taken for one that does not. */
export const UNAWARE_WITHIN_MS = FORGET_WORKER_AFTER_MS;

/** That a worker started an attempt. */
export interface WorkerStart extends UnawareWorker {
  /** Identifies the run of the worker; absent for one that does not have it. */
  readonly instanceId?: string;
}

/** A worker that has asked what control has decided, also one that has stopped since. */
export interface AwareWorker {
  readonly instanceId: string;
  readonly workerId: string;
  /** When it started, by its own clock, in milliseconds since 1970. */
  readonly startedAt: number;
}

/**
 * The workers of `starts` that are not among `aware`, each once with its newest start, by `workerId`. Pure. A worker of the same id that asks, and
 * started later, has replaced one that did not.
 */
export function findUnaware(
  starts: readonly WorkerStart[],
  aware: readonly AwareWorker[],
): readonly UnawareWorker[] {
  const instances = new Set(aware.map(({ instanceId }) => instanceId));
  const unaware = starts.filter(({ instanceId, workerId, lastStartAt }) => {
    const isAware = instances.has(instanceId ?? workerId);
    return !isAware && !aware.some((other) => other.workerId === workerId && other.startedAt > lastStartAt);
  });
  return joinUnaware(unaware.map(({ instanceId: _instanceId, ...start }) => start));
}

/** Each of these workers once, with its newest start, by `workerId`. Pure. */
export function joinUnaware(workers: readonly UnawareWorker[]): readonly UnawareWorker[] {
  const newest = new Map<string, UnawareWorker>();
  for (const worker of workers) {
    const known = newest.get(worker.workerId);
    if (known === undefined || known.lastStartAt < worker.lastStartAt) newest.set(worker.workerId, worker);
  }
  return [...newest.values()].sort((one, other) => (one.workerId < other.workerId ? -1 : 1));
}

/** Most workers that an operation on many jobs names: those that started a job last. */
export const MAX_UNAWARE_NAMED = 100;
