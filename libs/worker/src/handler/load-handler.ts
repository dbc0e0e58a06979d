import {
  type Clock,
  type Failure,
  failureOf,
  type JobHandler,
  type Json,
  LeveretError,
  reasonOf,
  withDeadline,
} from '@leveret/core';

/** How long a handler may take to load when a worker starts, in milliseconds. */
export const LOAD_TIMEOUT_MS = 60_000;

/** Where a process finds the handler of a job. */
export interface HandlerReference {
  readonly module: string;
  readonly factory: string;
  readonly options: Json;
}

/** The handler that a module makes. @throws {TypeError} when there is no such export, or it returns no handler. */
export async function loadHandler({ module, factory, options }: HandlerReference): Promise<JobHandler> {
  const exports: Record<string, unknown> = await import(module);
  const create = exports[factory];
  if (typeof create !== 'function') throw new TypeError(`${module} does not export a function "${factory}"`);
  const handler: unknown = await create(options);
  if (typeof handler !== 'function')
    throw new TypeError(`"${factory}" of ${module} returned a ${typeof handler}, not a handler`);
  return handler as JobHandler;
}

/**
 * Loads a handler into this process, because a worker starts.
 *
 * @throws {LeveretError} `HANDLER_NOT_LOADED`, also when it takes over 60 s.
 */
export async function loadAtStart(reference: HandlerReference, clock: Clock): Promise<JobHandler> {
  try {
    return await withDeadline(clock, LOAD_TIMEOUT_MS, loadHandler(reference), () => new Error(LATE));
  } catch (error) {
    throw notLoaded(reference, failureOf(error, 'HANDLER_NOT_LOADED'), error);
  }
}

/** The message for a handler that takes too long to load. */
export const LATE = `it was not loaded within ${LOAD_TIMEOUT_MS} ms`;

/** The error of a worker that cannot start. @param cause What was thrown; rebuilt from the failure if that was in another process. */
export function notLoaded(
  { module, factory }: HandlerReference,
  failure: Failure,
  cause: unknown = thrownAs(failure),
): LeveretError {
  const words = `the handler "${factory}" of ${module} cannot be loaded: ${reasonOf(failure)}`;
  return new LeveretError('HANDLER_NOT_LOADED', words, { cause });
}

function thrownAs({ name = 'Error', message, stack = '' }: Failure): Error {
  return Object.assign(new Error(message), { name, stack: `${name}: ${message}\n${stack}` });
}
