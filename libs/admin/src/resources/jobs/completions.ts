import {
  type Clock,
  type ControlStore,
  JOB_STATES,
  type JobFilter,
  type JobReader,
  type JobState,
  MAX_FAILURE_GROUPS,
} from '@leveret/core';
import { type CompletionsView, MAX_COMPLETIONS } from '@leveret/http-contract/admin';
import { FILTER_TERMS, type FilterTermName, formatFilter, parseFilter } from '@leveret/http-contract/filter';

/** Where completions come from. */
export interface CompletionSources {
  readonly reader: Pick<JobReader, 'counts' | 'failureGroups' | 'tags'>;
  readonly store: Pick<ControlStore, 'workers'>;
  readonly clock: Clock;
}

type Completion = CompletionsView['completions'][number];
/** A whole term, as a filter or as it is written. */
interface Found extends Pick<Completion, 'meaning' | 'count'> {
  readonly term: string;
}

/** Workers that were seen in so many milliseconds are offered. */
const WORKERS_SEEN_MS = 3_600_000;
const STATES = Object.entries(JOB_STATES);
const NAMES = Object.keys(FILTER_TERMS) as readonly FilterTermName[];
const AGES = { '10m': '10 minutes', '1h': '1 hour', '1d': '1 day', '7d': '7 days' } as const;

/**
 * How a term of a filter may go on, by what the ledger holds: names of terms, then values. Those that most jobs have come first where that is known.
 * @throws {LeveretError} `STORE_UNAVAILABLE`.
 */
export async function completeTerm(
  typed: string,
  sources: CompletionSources,
): Promise<CompletionsView['completions']> {
  const [, name, text = ''] = /^([^:]*):(.*)$/s.exec(typed) ?? [];
  if (name === undefined)
    return NAMES.filter((term) => term.startsWith(typed)).map((term) => ({
      term: `${term}:`,
      meaning: FILTER_TERMS[term].meaning,
      isWhole: false,
    }));
  const complete = Object.hasOwn(VALUES, name) ? VALUES[name as FilterTermName] : undefined;
  const found = (await complete?.(typedValueOf(text), sources)) ?? [];
  const now = sources.clock.now();
  return found
    .filter(({ term }) => isTerm(term, now))
    .slice(0, MAX_COMPLETIONS)
    .map((completion) => ({ ...completion, isWhole: true }));
}

/** What is typed of a value, without the quotation marks around it. */
function typedValueOf(text: string): string {
  if (!text.startsWith('"')) return text;
  return text
    .slice(1)
    .replace(/([^\\])"$/, '$1')
    .replace(/\\(["\\])/g, '$1');
}

/** A failure may have a code that no filter can name. */
function isTerm(term: string, now: number): boolean {
  try {
    parseFilter(term, now);
    return true;
  } catch {
    return false;
  }
}

const VALUES: Readonly<
  Record<FilterTermName, (value: string, sources: CompletionSources) => Promise<readonly Found[]>>
> = {
  state: completeState,
  async queue(value, { reader }) {
    const counts = await reader.counts();
    return ranked(
      value,
      counts.map(({ queue, count }) => [queue, count] as const),
    ).map(([queue, count]) => ({
      term: formatFilter({ queue }),
      count,
    }));
  },
  kind: completeKind,
  async error(value, { reader }) {
    const groups = await reader.failureGroups(MAX_FAILURE_GROUPS);
    const open = groups.map(({ errorCode, retrying, dead }) => [errorCode, retrying + dead] as const);
    return ranked(value, open).map(([errorCode, count]) => ({
      term: formatFilter({ errorCode }),
      meaning: `${count.toLocaleString('en')} retrying or dead`,
    }));
  },
  async fingerprint(value, { reader }) {
    const groups = await reader.failureGroups(MAX_FAILURE_GROUPS);
    return groups
      .filter(({ fingerprint }) => fingerprint.startsWith(value.toLowerCase()))
      .map(({ fingerprint, errorCode, sample: { message = errorCode } }) => ({
        term: formatFilter({ fingerprint }),
        meaning: message,
      }));
  },
  async worker(value, { store }) {
    const workers = await store.workers(WORKERS_SEEN_MS);
    const hosts = new Map(workers.map(({ workerId, host }) => [workerId, host]));
    return [...hosts]
      .filter(([worker]) => worker.startsWith(value))
      .map(([worker, host]) => ({ term: formatFilter({ worker }), meaning: `on ${host}` }));
  },
  async tag(value, { reader }) {
    const tags = await reader.tags(value, MAX_COMPLETIONS);
    return tags.map((tag) => ({ term: formatFilter({ tags: [tag] }) }));
  },
  parent: async () => [],
  id: async () => [],
  age: async (value) => completeAge('age', 'created', value),
  created: async (value, { clock }) => [
    ...completeAge('created', 'created', value),
    ...completeDate('created', value, clock),
  ],
  updated: async (value, { clock }) => [
    ...completeAge('updated', 'last updated', value),
    ...completeDate('updated', value, clock),
  ],
};

/** Several states are separated by commas: the last one is completed. */
async function completeState(value: string, { reader }: CompletionSources): Promise<readonly Found[]> {
  const before = value.split(',');
  const last = before.pop() ?? '';
  const counts = await reader.counts();
  const countOf = (state: string) =>
    counts.reduce((sum, group) => sum + (group.state === state ? group.count : 0), 0);
  return STATES.filter(([state]) => state.startsWith(last) && !before.includes(state)).map(
    ([state, { meaning }]) => ({
      term: `state:${[...before, state].join(',')}`,
      meaning,
      ...(before.length === 0 ? { count: countOf(state as JobState) } : {}),
    }),
  );
}

/** Kinds, and beginnings that several of them share. */
async function completeKind(value: string, { reader }: CompletionSources): Promise<readonly Found[]> {
  const counts = await reader.counts();
  const kinds = [...new Set(counts.map(({ kind }) => kind))];
  const beginnings = kinds.map((kind) => kind.slice(0, kind.lastIndexOf('.') + 1));
  const shared = beginnings.filter((name, index) => name !== '' && beginnings.indexOf(name) !== index);
  const pairs = counts.flatMap(({ kind, count }) => [
    [kind, count] as const,
    ...[...new Set(shared)]
      .filter((name) => kind.startsWith(name))
      .map((name) => [`${name}*`, count] as const),
  ]);
  return ranked(value, pairs).map(([name, count]) => ({ term: formatFilter(kindFilter(name)), count }));
}

function kindFilter(name: string): JobFilter {
  return name.endsWith('*')
    ? { kind: { name: name.slice(0, -1), isPrefix: true } }
    : { kind: { name, isPrefix: false } };
}

/** The names that begin with `value`, with their counts added up, the highest first. */
function ranked(
  value: string,
  pairs: readonly (readonly [name: string, count: number])[],
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const [name, count] of pairs)
    if (name.startsWith(value)) counts.set(name, (counts.get(name) ?? 0) + count);
  return [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
}

function completeAge(name: 'age' | 'created' | 'updated', words: string, value: string): readonly Found[] {
  const bounds = Object.entries(AGES).flatMap(([age, length]) => [
    { bound: `<${age}`, meaning: `${words} less than ${length} ago` },
    { bound: `>${age}`, meaning: `${words} more than ${length} ago` },
  ]);
  return bounds
    .filter(({ bound }) => bound.startsWith(value))
    .map(({ bound, meaning }) => ({ term: `${name}:${bound}`, meaning }));
}

function completeDate(name: 'created' | 'updated', value: string, clock: Clock): readonly Found[] {
  const today = new Date(clock.now()).toISOString().slice(0, 'yyyy-mm-dd'.length);
  return [
    { bound: `>${today}`, meaning: `since the beginning of ${today}, in UTC` },
    { bound: `<${today}`, meaning: `before ${today}, in UTC` },
  ]
    .filter(({ bound }) => bound.startsWith(value))
    .map(({ bound, meaning }) => ({ term: `${name}:${bound}`, meaning }));
}
