import type { OperationView } from '@leveret/http-contract/admin';

/** Whether an operation has not ended. */
export function isOpen({ state }: Pick<OperationView, 'state'>): boolean {
  return state === 'running' || state === 'collecting';
}
