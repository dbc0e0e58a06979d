export { type RunningWorker, type StartWorkerOptions, startWorker } from './start-worker.ts';
export { createHandlers, type HandlerOptions, openMailer } from './wiring.ts';
