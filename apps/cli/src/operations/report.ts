import type { Operations } from '@leveret/control';
import type { OperationItem, OperationRecord } from '@leveret/core';
import type { OperationReport } from './words.ts';

/** Most items of one answer of the ledger. */
const PAGE_ITEMS = 1_000;

/** An operation with the first `limit` of its jobs that were skipped or failed. */
export async function reportOn(
  operations: Operations,
  operation: OperationRecord,
  limit: number,
): Promise<OperationReport> {
  const wanted = Math.min(limit, operation.skipped + operation.failed);
  const notDone: OperationItem[] = [];
  for (let from = 1; notDone.length < wanted && from <= operation.total; from += PAGE_ITEMS) {
    const items = await operations.items(operation.id, from, PAGE_ITEMS);
    notDone.push(...items.filter(({ outcome }) => outcome === 'skipped' || outcome === 'failed'));
  }
  return { operation, notDone: notDone.slice(0, wanted) };
}

/** The jobs on which an operation has acted, in its order. */
export async function jobsDoneBy(
  operations: Operations,
  operation: OperationRecord,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let from = 1; from <= operation.total; from += PAGE_ITEMS) {
    const items = await operations.items(operation.id, from, PAGE_ITEMS);
    for (const { jobId, outcome } of items) if (outcome === 'done') ids.push(jobId);
  }
  return ids;
}
