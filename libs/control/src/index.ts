export type { Confirmation } from './confirm/confirmations.ts';
export {
  type ActionReceipt,
  type Awareness,
  type Control,
  type ControlOptions,
  createControl,
  type QueueReceipt,
} from './control.ts';
export { askControl, type ControlHealth, SLOW_CONTROL_MS } from './control-health.ts';
export { type CauseWords, describeCause } from './explain/cause-words.ts';
export type { Cause } from './explain/causes.ts';
export type { Explanation } from './explain/explain.ts';
export type { BegunOperation, OperationJobs, Operations, WorkOptions } from './operations/operations.ts';
export {
  type OperationsWorker,
  type OperationsWorkerOptions,
  startOperationsWorker,
} from './operations/operations-worker.ts';
export {
  type ExportedEvent,
  type ExportedMessage,
  type ExportedSummary,
  exportEvent,
  exportMessage,
  exportSummary,
  toEventId,
  toMessageId,
} from './set-aside-export.ts';
