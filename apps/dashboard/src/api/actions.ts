import type { ControlAction } from '@leveret/core';
import type { ActionReceiptView, OperationView } from '@leveret/http-contract/admin';
import { call } from './transport/client.ts';

/** An action on one job. */
export interface JobAction {
  readonly action: ControlAction;
  readonly jobId: string;
  readonly reason: string | undefined;
}

/** Acts on one job. @throws {ApiError} `ACTION_REFUSED` in a state in which it is not possible. */
export function actOnJob({ action, jobId, reason }: JobAction): Promise<ActionReceiptView> {
  return call(`/jobs/${jobId}/${action}`, { method: 'POST', body: { reason } });
}

/** An action on these jobs, or on all that a filter selects when the server gets it. */
export type OperationStart = {
  readonly action: ControlAction;
  /** Most jobs a second. */
  readonly perSecond: number | undefined;
  readonly reason: string | undefined;
} & ({ readonly jobIds: readonly string[] } | { readonly filter: string });

/** Starts an action on many jobs. Not safe to repeat: each is an operation of its own. */
export function startOperation(body: OperationStart): Promise<OperationView> {
  return call('/operations', { method: 'POST', body });
}

/** Most jobs that can be named one by one: more are selected by a filter. */
export const MAX_SELECTED_JOBS = 1_000;
