import type { JobDefinition, JobHandler, Json } from '@leveret/core';

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
  /** URL of the module (`new URL('./handler.js', import.meta.url).href`). */
  readonly module: string;
  /** Name of the exported factory. */
  readonly factory: string;
  /** Handed to the factory: paths, limits; it crosses a process boundary. */
  readonly options: Json;
  readonly isolation: Isolation;
}

/** A kind of job that a worker can do. */
export type HandlerRegistration = FunctionRegistration | ModuleRegistration;

/** Binds a handler to its definition; the handler's payload type follows from the definition's schema. */
export function handle<Definition extends JobDefinition>(
  definition: Definition,
  handler: JobHandler<Definition>,
): FunctionRegistration {
  return { definition, handler: handler as JobHandler };
}

/** How {@link handleByModule} finds and runs its handler. */
export type ModuleOptions = Omit<ModuleRegistration, 'definition'>;

/** Binds the handler that a module makes to its definition. */
export function handleByModule(definition: JobDefinition, options: ModuleOptions): ModuleRegistration {
  return { definition, ...options };
}

/** The handler that the module of `registration` makes. @throws {TypeError} when there is no such export. */
export async function loadHandler({
  module,
  factory,
  options,
}: Omit<ModuleOptions, 'isolation'>): Promise<JobHandler> {
  const exports: Record<string, unknown> = await import(module);
  const create = exports[factory];
  if (typeof create !== 'function') throw new TypeError(`${module} does not export a function "${factory}"`);
  return await create(options);
}
