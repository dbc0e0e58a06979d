import type { FailureGroupView } from '@leveret/http-contract/admin';

/** Jobs whose newest failures have the same cause. */
export interface FailureGroup extends Omit<FailureGroupView, 'firstSeenAt' | 'lastSeenAt'> {
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
}

/** A group of the contract, with moments as dates. */
export function toFailureGroup({ firstSeenAt, lastSeenAt, ...view }: FailureGroupView): FailureGroup {
  return { ...view, firstSeenAt: new Date(firstSeenAt), lastSeenAt: new Date(lastSeenAt) };
}
