import {
  type JobFilter,
  type JobListRequest,
  type JobOrder,
  type JobReader,
  LeveretError,
  MAX_PAGE_JOBS,
  type Random,
} from '@leveret/core';
import { type LedgerContent, pick } from './filled-ledger.ts';

/** Jobs of a page, as the command line and the dashboard ask for. */
const PAGE_JOBS = 50;
/** Pages that lie before a far one. */
const PAGES_BEFORE = 20;

/** Something that an operator asks. */
export interface Question {
  readonly title: string;
  /** What the 95th percentile is aimed at, in milliseconds. */
  readonly aimMs?: number;
  /** Asks it, each time for other values where there are some. */
  readonly ask: (reader: JobReader, random: Random) => Promise<unknown>;
}

/** A filter that an index answers, with values that have jobs and with one that has none. */
interface Indexed {
  readonly title: string;
  readonly some: (content: LedgerContent, random: Random) => JobFilter;
  readonly none: JobFilter;
  /** Whether an index answers only one of its conditions: then no time is aimed at. */
  readonly isPartlyIndexed?: boolean;
}

const INDEXED: readonly Indexed[] = [
  { title: 'state', some: () => ({ states: ['dead'] }), none: { states: ['expired'] } },
  {
    title: 'two states',
    some: () => ({ states: ['dead', 'retrying'] }),
    none: { states: ['expired', 'cancelled'] },
  },
  {
    title: 'queue',
    some: ({ queues }, random) => ({ queue: pick(queues, random) }),
    none: { queue: 'none' },
  },
  {
    title: 'kind',
    some: ({ kinds }, random) => ({ kind: { name: pick(kinds, random), isPrefix: false } }),
    none: { kind: { name: 'none', isPrefix: false } },
  },
  {
    title: 'kinds by prefix',
    some: () => ({ kind: { name: 'mail.', isPrefix: true } }),
    none: { kind: { name: 'none.', isPrefix: true } },
  },
  { title: 'tag', some: ({ tags }, random) => ({ tags: [pick(tags, random)] }), none: { tags: ['none'] } },
  {
    title: 'error code',
    some: ({ errorCodes }, random) => ({ errorCode: pick(errorCodes, random) }),
    none: { errorCode: 'NONE' },
  },
  {
    title: 'worker',
    some: ({ workers }, random) => ({ worker: pick(workers, random) }),
    none: { worker: 'none' },
  },
  {
    title: 'queue, kind and state',
    some: ({ queues, kinds }, random) => ({
      queue: pick(queues, random),
      kind: { name: pick(kinds, random), isPrefix: false },
      states: ['dead'],
    }),
    none: { queue: 'mail', kind: { name: 'mail.kind-0', isPrefix: false }, states: ['expired'] },
  },
  {
    title: 'worker and state',
    some: ({ workers }, random) => ({ worker: pick(workers, random), states: ['dead'] }),
    none: { worker: 'worker-0', states: ['dead'] },
    isPartlyIndexed: true,
  },
  {
    title: 'tag and state',
    some: ({ tags }, random) => ({ tags: [pick(tags, random)], states: ['dead'] }),
    none: { tags: ['tag-0'], states: ['dead'] },
    isPartlyIndexed: true,
  },
];

/** Every list that an index answers: both orders, a far page, a range of time, and nothing. */
function listsOf(
  { title, some, none, isPartlyIndexed }: Indexed,
  content: LedgerContent,
): readonly Question[] {
  const question = (what: string, ask: Question['ask']): Question => ({
    title: `${title}, ${what}`,
    ...(isPartlyIndexed ? {} : { aimMs: 300 }),
    ask,
  });
  const inOrder = (order: JobOrder): Question =>
    question(order, (reader, random) =>
      reader.list({ filter: some(content, random), order, limit: PAGE_JOBS }),
    );
  return [
    inOrder('newest-first'),
    inOrder('oldest-first'),
    question('far page', createFarPage(content, some)),
    question('range of time', (reader, random) => {
      const to = content.from + random() * (content.to - content.from);
      const filter = { ...some(content, random), updated: { from: to - 3_600_000, to } };
      return reader.list({ filter, order: 'newest-first', limit: PAGE_JOBS });
    }),
    question('no match', (reader) => reader.list({ filter: none, order: 'newest-first', limit: PAGE_JOBS })),
  ];
}

/** Goes to a far page the first time, and asks for it and those behind it then. */
function createFarPage(content: LedgerContent, some: Indexed['some']): Question['ask'] {
  let next: JobListRequest | undefined;
  return async (reader, random) => {
    next ??= await farPageOf(reader, some(content, random));
    const { nextCursor } = await reader.list(next);
    if (nextCursor !== undefined) next = { ...next, cursor: nextCursor };
  };
}

/** The page after {@link PAGES_BEFORE} long ones, or the last one. */
async function farPageOf(reader: JobReader, filter: JobFilter): Promise<JobListRequest> {
  const request = { filter, order: 'newest-first', limit: MAX_PAGE_JOBS } as const;
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_BEFORE; page += 1) {
    const { nextCursor } = await reader.list(cursor === undefined ? request : { ...request, cursor });
    if (nextCursor === undefined) break;
    cursor = nextCursor;
  }
  return { ...request, limit: PAGE_JOBS, ...(cursor === undefined ? {} : { cursor }) };
}

/** Every question that an index answers, and the exact counts. `fingerprints` are those of some failures. */
export function indexedQuestions(
  content: LedgerContent,
  fingerprints: readonly string[],
): readonly Question[] {
  const byFingerprint: Indexed = {
    title: 'fingerprint',
    some: (_, random) => ({ fingerprint: pick(fingerprints, random) }),
    none: { fingerprint: '0'.repeat(16) },
  };
  const all: Indexed = { title: 'all jobs', some: () => ({}), none: { updated: { from: content.to * 2 } } };
  return [
    { title: 'id', aimMs: 300, ask: (reader, random) => reader.get(pick(content.ids, random)) },
    {
      title: 'beginning of an id',
      aimMs: 300,
      ask: (reader, random) => {
        const idPrefix = pick(content.ids, random).slice(0, 13);
        return reader.list({ filter: { idPrefix }, order: 'newest-first', limit: PAGE_JOBS });
      },
    },
    ...[all, ...INDEXED, byFingerprint].flatMap((indexed) => listsOf(indexed, content)),
    { title: 'all counts', aimMs: 5, ask: (reader) => reader.counts() },
    { title: 'count of a state', aimMs: 5, ask: (reader) => reader.count({ states: ['dead'] }) },
    {
      title: 'count of a queue, kind and state',
      aimMs: 5,
      ask: (reader, random) =>
        reader.count({
          queue: pick(content.queues, random),
          kind: { name: pick(content.kinds, random), isPrefix: false },
          states: ['succeeded'],
        }),
    },
    {
      title: 'count of an error code',
      ask: (reader, random) => reader.count({ errorCode: pick(content.errorCodes, random) }),
    },
    { title: 'failure groups', aimMs: 300, ask: (reader) => reader.failureGroups(50) },
  ];
}

/** The worst question: no index has its jobs, there are none, and it is stopped when it has taken too long. */
export async function askWorst(reader: JobReader): Promise<void> {
  const filter: JobFilter = { created: { to: 1 } };
  try {
    await reader.list({ filter, order: 'newest-first', limit: PAGE_JOBS });
  } catch (error) {
    if (!(error instanceof LeveretError && error.code === 'QUERY_TOO_BROAD')) throw error;
  }
}
