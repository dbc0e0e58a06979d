/** The names of terms of a filter. */
export type FilterTermName =
  | 'state'
  | 'queue'
  | 'kind'
  | 'error'
  | 'fingerprint'
  | 'worker'
  | 'parent'
  | 'tag'
  | 'id'
  | 'age'
  | 'created'
  | 'updated';

/** What the table says of one term. */
export interface FilterTermRule {
  /** Which jobs it selects, for people. */
  readonly meaning: string;
  /** A term that {@link parseFilter} accepts. */
  readonly example: string;
}

/** The one table of terms of a filter: the parser, the help of the command line and `docs/reference/filter.md` read it. */
export const FILTER_TERMS: Readonly<Record<FilterTermName, FilterTermRule>> = {
  state: { meaning: 'in this state, or in one of several', example: 'state:dead,retrying' },
  queue: { meaning: 'of this queue', example: 'queue:mail' },
  kind: { meaning: 'of this kind; with * at the end, of every kind that begins so', example: 'kind:mail.*' },
  error: { meaning: 'whose newest failure has this error code', example: 'error:ECONNREFUSED' },
  fingerprint: {
    meaning: 'whose newest failure has this fingerprint: all of its digits',
    example: 'fingerprint:9f2c41d07ab3e856',
  },
  worker: { meaning: 'whose newest event is from this worker', example: 'worker:w1' },
  parent: {
    meaning: 'enqueued by this job: its whole id',
    example: 'parent:0198c0de-1111-7222-8333-0123456789ab',
  },
  tag: { meaning: 'with this tag; given several times, with all of them', example: 'tag:eu' },
  id: { meaning: 'whose id begins so', example: 'id:0198c0' },
  age: { meaning: 'created more (>) or less (<) than this long ago', example: 'age:>1h' },
  created: {
    meaning: 'created after (>) or before (<) a date, or more (>) or less (<) than this long ago',
    example: 'created:>2026-01-02',
  },
  updated: {
    meaning: 'last updated more (>) or less (<) than this long ago, or after (>) or before (<) a date',
    example: 'updated:<10m',
  },
};

/** Whether `text` names a term. */
export function isFilterTermName(text: string): text is FilterTermName {
  return Object.hasOwn(FILTER_TERMS, text);
}
