import { AsyncResource } from 'node:async_hooks';

/** Calls `work` with `value` in the async context that was captured. */
export type InOwnContext = <Value, Result>(work: (value: Value) => Result, value: Value) => Result;

/** Nobody waits for a job's resource to be collected. */
const RESOURCE = { requireManualDestroy: true };

/**
 * Captures the current async context with every `AsyncLocalStorage`, so that jobs run in it. Otherwise each would run in the context of the
 * code that woke the worker, such as the request that enqueued it.
 */
export function captureContext(): InOwnContext {
  const captured = new AsyncResource('leveret.worker', RESOURCE);
  return (work, value) =>
    captured.runInAsyncScope(runAlone<typeof value, ReturnType<typeof work>>, undefined, work, value);
}

/** Before Node 24 `enterWith` changes the resource that it is called in: one of its own for each job keeps that from the next. */
function runAlone<Value, Result>(work: (value: Value) => Result, value: Value): Result {
  return new AsyncResource('leveret.job', RESOURCE).runInAsyncScope(work, undefined, value);
}
