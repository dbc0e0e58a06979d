import type { AuditPageView } from '@leveret/http-contract/admin';
import { infiniteQueryOptions } from '@tanstack/react-query';
import { call } from './transport/client.ts';

type EntryView = AuditPageView['entries'][number];

/** What somebody did. */
export interface AuditEntry extends Omit<EntryView, 'at'> {
  readonly at: Date;
}

/** Entries of one page. */
const PER_PAGE = 100;
/** Pages that are kept: older ones are read again when they are needed. */
const MAX_PAGES = 20;

/** Where the list of entries begins. */
export interface AuditSearch {
  /** Only entries of this operation, with those of its jobs. Empty: of everything, without those of the jobs of operations. */
  readonly operation: string;
  /** With the last entry before this moment, in ISO 8601. Empty: with the newest. */
  readonly before: string;
}

/** What was done, newest first. */
export function auditQuery({ operation, before }: AuditSearch) {
  return infiniteQueryOptions({
    queryKey: ['audit', operation, before],
    queryFn: ({ pageParam: seq, signal }) =>
      call<AuditPageView>('/audit', {
        query: {
          operationId: operation === '' ? undefined : operation,
          before: seq,
          beforeAt: before === '' ? undefined : before,
          limit: PER_PAGE,
        },
        signal,
      }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ entries }: AuditPageView) =>
      entries.length < PER_PAGE ? undefined : entries.at(-1)?.seq,
    maxPages: MAX_PAGES,
    select: ({ pages }) => pages.flatMap(({ entries }) => entries.map(toEntry)),
  });
}

function toEntry({ at, ...view }: EntryView): AuditEntry {
  return { ...view, at: new Date(at) };
}
