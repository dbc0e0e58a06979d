import type { SetAsideDetailsView, SetAsidePageView } from '@leveret/http-contract/admin';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { addressOf, call } from './transport/client.ts';

type EntryView = SetAsidePageView['entries'][number];

/** What is set aside: messages, or events. */
export const SET_ASIDE_KINDS = ['messages', 'events'] as const;
/** What is set aside: messages, or events. */
export type SetAsideKind = (typeof SET_ASIDE_KINDS)[number];

/** An entry in a list. */
export interface SetAsideEntry extends Omit<EntryView, 'at'> {
  /** When it was set aside; undefined for an event. */
  readonly at: Date | undefined;
}

const PER_PAGE = 100;
const MAX_PAGES = 20;

/** Entries in the order in which they were set aside, and how many there are of each kind. */
export function setAsideQuery(kind: SetAsideKind) {
  return infiniteQueryOptions({
    queryKey: ['set-aside', kind],
    queryFn: ({ pageParam: after, signal }) =>
      call<SetAsidePageView>(`/set-aside/${kind}`, { query: { after, limit: PER_PAGE }, signal }),
    initialPageParam: 0,
    getNextPageParam: ({ entries }: SetAsidePageView) =>
      entries.length < PER_PAGE ? undefined : entries.at(-1)?.seq,
    maxPages: MAX_PAGES,
    select: ({ pages }) => ({
      entries: pages.flatMap(({ entries }) => entries.map(toEntry)),
      counts: pages.at(-1)?.counts ?? { messages: 0, events: 0 },
    }),
  });
}

/** An entry as it came. */
export function setAsideEntryQuery(kind: SetAsideKind, seq: number) {
  return queryOptions({
    queryKey: ['set-aside', kind, seq],
    queryFn: ({ signal }) => call<SetAsideDetailsView>(`/set-aside/${kind}/${seq}`, { signal }),
    // It never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Where an entry can be downloaded, whole. */
export function setAsideExportAddress(kind: SetAsideKind, seq: number): string {
  return addressOf(`/set-aside/${kind}/${seq}/export`, {});
}

/** Which entries are discarded, and why. */
export interface SetAsideDiscard {
  readonly kind: SetAsideKind;
  readonly seqs: readonly number[];
  readonly reason: string | undefined;
}

/** Deletes entries for good. Those that are not there are ignored. */
export function discardSetAside({ kind, seqs, reason }: SetAsideDiscard): Promise<unknown> {
  return call(`/set-aside/${kind}/discard`, { method: 'POST', body: { seqs, reason } });
}

function toEntry({ at, ...view }: EntryView): SetAsideEntry {
  return { ...view, at: at === undefined ? undefined : new Date(at) };
}
