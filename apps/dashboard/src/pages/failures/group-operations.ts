import { isOpen } from '../../api/operation-state.ts';
import type { Operation } from '../../api/operations.ts';

/** A discard that can be undone while the ledger has its jobs. */
export interface UndoableDiscard {
  readonly operation: Operation;
  readonly fingerprint: string;
  /** Selects the jobs that it discarded. */
  readonly filter: string;
}

/** A discard is offered to be undone for so long, in milliseconds. Later, the page Jobs does it. */
const UNDO_MS = 24 * 3_600_000;

/** The operations that are acting on the jobs of groups, newest first, by the fingerprint of the group. @param operations Newest first. */
export function openOperationsByGroup(
  operations: readonly Operation[],
): ReadonlyMap<string, readonly Operation[]> {
  const byGroup = new Map<string, Operation[]>();
  for (const operation of operations.filter(isOpen)) {
    const fingerprint = fingerprintOf(operation);
    if (fingerprint === undefined) continue;
    byGroup.set(fingerprint, [...(byGroup.get(fingerprint) ?? []), operation]);
  }
  return byGroup;
}

/** Ended discards of whole groups that no later restore has undone, newest first. @param operations Newest first. */
export function undoableDiscards(operations: readonly Operation[], now: Date): readonly UndoableDiscard[] {
  const restored = new Set<string>();
  const found: UndoableDiscard[] = [];
  for (const operation of operations) {
    const fingerprint = fingerprintOf(operation);
    if (fingerprint === undefined || restored.has(fingerprint)) continue;
    // Of several discards of a group, the first to be undone is the last one.
    if (operation.action === 'restore') restored.add(fingerprint);
    if (operation.action !== 'discard' || isOpen(operation) || operation.done === 0) continue;
    if (now.getTime() - operation.createdAt.getTime() > UNDO_MS) continue;
    restored.add(fingerprint);
    const since = operation.createdAt.toISOString();
    // What others discard later stays discarded.
    const until = new Date((operation.finishedAt ?? now).getTime() + 1).toISOString();
    found.push({
      operation,
      fingerprint,
      filter: `state:discarded fingerprint:${fingerprint} updated:>${since} updated:<${until}`,
    });
  }
  return found;
}

/** The group that an operation is for, if it is for one. */
function fingerprintOf({ selection }: Operation): string | undefined {
  return /(?:^|\s)fingerprint:([0-9a-f]{16})(?=\s|$)/.exec(selection)?.[1];
}
