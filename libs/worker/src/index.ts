export type { Enqueuer } from './enqueuer.ts';
export type { WorkerHooks } from './hooks.ts';
export {
  type FunctionRegistration,
  type HandlerRegistration,
  handle,
  handleByModule,
  type Isolation,
  type ModuleOptions,
  type ModuleRegistration,
} from './registration.ts';
export { createWorker, type Worker, type WorkerOptions } from './worker.ts';
