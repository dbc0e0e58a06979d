import { isJobKind, MAX_NAME_LENGTH } from '../job/names.ts';

/** What a kind is compared with: the whole name, or with `isPrefix` its beginning, as in `mail.*`. */
export interface KindFilter {
  readonly name: string;
  readonly isPrefix: boolean;
}

const PREFIX = /^[a-z0-9.-]+$/;

/** Reads a kind, or the beginning of one followed by `*`; undefined when `text` is neither. */
export function toKindFilter(text: string): KindFilter | undefined {
  const isPrefix = text.endsWith('*');
  const name = isPrefix ? text.slice(0, -1) : text;
  const isValid = isPrefix ? PREFIX.test(name) && name.length <= MAX_NAME_LENGTH : isJobKind(name);
  return isValid ? { name, isPrefix } : undefined;
}

/** Whether `filter` selects `kind`. Without a filter, every kind is selected. */
export function isOfKind(filter: KindFilter | undefined, kind: string): boolean {
  if (filter === undefined) return true;
  return filter.isPrefix ? kind.startsWith(filter.name) : kind === filter.name;
}
