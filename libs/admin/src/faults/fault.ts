import { FAULT_KINDS, type FaultView } from '@leveret/http-contract/admin';

/** What can be wrong. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Something that was found to be wrong at a moment. */
export interface Finding {
  readonly kind: FaultKind;
  readonly severity: FaultView['severity'];
  /** What is wrong, as a sentence. */
  readonly text: string;
  readonly detail?: string;
  readonly subject: FaultView['subject'];
  /** What tells it from others of its kind; absent when there is one at a time. */
  readonly of?: string;
}

/** The same for the same fault, however long it lasts. */
export function faultIdOf({ kind, of }: Pick<Finding, 'kind' | 'of'>): string {
  return of === undefined ? kind : `${kind}:${of}`;
}

/** Below 0 when `one` is worse than `other`: of the same severity, by the order of {@link FAULT_KINDS}, and then by id. */
export function compareFaults(one: FaultView, other: FaultView): number {
  const rankOf = ({ severity, kind }: FaultView) =>
    (severity === 'bad' ? 0 : FAULT_KINDS.length) + FAULT_KINDS.indexOf(kind);
  return rankOf(one) - rankOf(other) || (one.id < other.id ? -1 : 1);
}
