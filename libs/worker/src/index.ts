export type { Enqueuer } from './handler/enqueuer.ts';
export type { WorkerHooks } from './handler/hooks.ts';
export {
  type FunctionRegistration,
  type HandlerRegistration,
  handle,
  handleByModule,
  type Isolation,
  type ModuleOptions,
  type ModuleRegistration,
} from './handler/registration.ts';
export { createWorker, type Worker, type WorkerOptions, type WorkerStore } from './worker.ts';
