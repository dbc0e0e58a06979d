export type { Confirmation } from './confirm/confirmations.ts';
export {
  type ActionReceipt,
  type Control,
  type ControlOptions,
  createControl,
  type QueueReceipt,
} from './control.ts';
export type { OperationJobs, Operations, WorkOptions } from './operations/operations.ts';
