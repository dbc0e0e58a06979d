import type { JobFilter, KindFilter, TimeRange } from '@leveret/core';
import type { FilterTermName } from './filter-terms.ts';

/**
 * The text of a filter that {@link parseFilter} made: parsed at any time, it is the same filter. Ages are written as moments. A cursor belongs to
 * this text and not to one with ages, which is another filter for every page.
 */
export function formatFilter(filter: JobFilter): string {
  const {
    states,
    queue,
    kind,
    errorCode,
    fingerprint,
    worker,
    parentId,
    tags = [],
    idPrefix,
    created,
    updated,
  } = filter;
  return [
    ...term('state', states?.join(',')),
    ...term('queue', queue),
    ...term('kind', kind && toKindText(kind)),
    ...term('error', errorCode),
    ...term('fingerprint', fingerprint),
    ...term('worker', worker),
    ...term('parent', parentId),
    ...tags.flatMap((tag) => term('tag', tag)),
    ...term('id', idPrefix),
    ...rangeTerms('created', created),
    ...rangeTerms('updated', updated),
  ].join(' ');
}

function term(name: FilterTermName, value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  return [`${name}:${/[\s"]/.test(value) ? quoted(value) : value}`];
}

function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, String.raw`\$&`)}"`;
}

function toKindText({ name, isPrefix }: KindFilter): string {
  return isPrefix ? `${name}*` : name;
}

function rangeTerms(name: FilterTermName, { from, to }: TimeRange = {}): readonly string[] {
  return [
    ...term(name, from === undefined ? undefined : `>${new Date(from).toISOString()}`),
    ...term(name, to === undefined ? undefined : `<${new Date(to).toISOString()}`),
  ];
}
