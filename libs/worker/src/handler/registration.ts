import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { JobDefinition, JobHandler, Json, JsonCompatible } from '@leveret/core';

/** Where a handler runs: in the worker's own process, or in a pooled child process. */
export type Isolation = 'inline' | 'process';

/** A handler given as a function. It runs in the worker's process. */
export interface FunctionRegistration {
  readonly definition: JobDefinition;
  readonly handler: JobHandler;
}

/**
 * A handler given by its module, so that it can run in a child process. The export is a factory,
 * `(options) => JobHandler | Promise<JobHandler>`, called once per process.
 */
export interface ModuleRegistration {
  readonly definition: JobDefinition;
  /** URL of the module. */
  readonly module: string;
  /** Name of the exported factory. */
  readonly factory: string;
  /** Handed to the factory: paths, limits; it crosses a process boundary. */
  readonly options: Json;
  readonly isolation: Isolation;
}

/** A kind of job that a worker can do. */
export type HandlerRegistration = FunctionRegistration | ModuleRegistration;

/** Binds a handler to its definition; the handler's payload type follows from the definition's schema. Its result is data. */
export function handle<Definition extends JobDefinition, Result>(
  definition: Definition,
  handler: JobHandler<Definition, Result & JsonCompatible<Result>>,
): FunctionRegistration {
  return { definition, handler: handler as unknown as JobHandler };
}

/** How {@link handleByModule} finds and runs its handler. */
export interface ModuleOptions extends Omit<ModuleRegistration, 'definition' | 'module'> {
  /** The module: `new URL('./handler.js', import.meta.url)`, the text of a URL, or an absolute path. */
  readonly module: string | URL;
}

/**
 * Binds the handler that a module makes to its definition.
 *
 * @throws {TypeError} for a relative path: it does not say to which file it is relative.
 */
export function handleByModule(
  definition: JobDefinition,
  { module, ...options }: ModuleOptions,
): ModuleRegistration {
  return { definition, module: toModuleUrl(module), ...options };
}

function toModuleUrl(module: string | URL): string {
  const text = String(module);
  if (isAbsolute(text)) return pathToFileURL(text).href;
  if (URL.canParse(text)) return text;
  throw new TypeError(
    `the module "${text}" is neither a URL nor an absolute path: use new URL('./handler.js', import.meta.url), or import.meta.resolve('package/handler') for one of a package`,
  );
}
