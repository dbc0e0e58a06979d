import type { OperationRecord } from '@leveret/core';
import type { OperationView } from '@leveret/http-contract/admin';
import { known, moments, toIso, toUnawareView } from '../wire/values.ts';

/** An operation, and how far it is. */
export function toOperationView(operation: OperationRecord): OperationView {
  const { id, action, selection, state, by, reason, perSecond, createdAt, finishedAt } = operation;
  const { total, done, skipped, failed, unaware } = operation;
  return {
    ...{ id, action, selection, state, by, ...known({ reason, perSecond }) },
    createdAt: toIso(createdAt),
    ...moments({ finishedAt }),
    ...{ total, done, skipped, failed },
    ...(unaware.length === 0 ? {} : { unaware: unaware.map(toUnawareView) }),
  };
}
