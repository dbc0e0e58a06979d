import {
  isQueueName,
  isTag,
  isUuid,
  JOB_STATES,
  type JobFilter,
  type JobState,
  type KindFilter,
  MAX_NAME_LENGTH,
  MAX_TAG_LENGTH,
  toKindFilter,
} from '@leveret/core';
import { FILTER_TERMS, type FilterTermName, isFilterTermName } from './filter-terms.ts';
import { scanTerms, type Term, termFault } from './scan-terms.ts';
import { narrowed, parseAgeBound, parseTimeBound, type TimeBound } from './time-bound.ts';

/** Longest value of a term, in characters: as long as the longest text that is kept of a worker. */
const MAX_VALUE_LENGTH = 200;

const STATES = Object.keys(JOB_STATES) as readonly JobState[];
const NAMES = Object.keys(FILTER_TERMS).join(', ');
/** The form of an id: where its hex digits and dashes are. */
const ID_FORM = '00000000-0000-0000-0000-000000000000';

/** What one term asks for. */
type Condition = Omit<JobFilter, 'created' | 'updated'> & {
  readonly created?: TimeBound;
  readonly updated?: TimeBound;
};

/** What a value means, by the name before it. */
const CONDITIONS: Readonly<Record<FilterTermName, (term: Term, now: number) => Condition>> = {
  state: (term) => ({ states: parseStates(term) }),
  queue: (term) => ({ queue: parseQueue(term) }),
  kind: (term) => ({ kind: parseKind(term) }),
  error: ({ value }) => ({ errorCode: value }),
  fingerprint: (term) => ({ fingerprint: parseFingerprint(term) }),
  worker: ({ value }) => ({ worker: value }),
  parent: (term) => ({ parentId: parseParent(term) }),
  tag: (term) => ({ tags: [parseTag(term)] }),
  id: (term) => ({ idPrefix: parseIdPrefix(term) }),
  age: (term, now) => ({ created: parseAgeBound(term, now) }),
  created: (term, now) => ({ created: parseTimeBound(term, now) }),
  updated: (term, now) => ({ updated: parseTimeBound(term, now) }),
};

/**
 * Reads a filter: terms `name:value`, separated by white space, all of which must hold. {@link FILTER_TERMS} are the names;
 * `docs/reference/filter.md` describes the language. A text without a term selects all jobs.
 *
 * Ages become moments: the same text read later is another filter. See {@link formatFilter}.
 *
 * @param text At most 2,000 characters and 32 terms.
 * @param now Milliseconds since 1970, from which ages are subtracted.
 * @throws {LeveretError} `FILTER_INVALID`. Its message quotes the term and says what is expected; its detail `position` says where the term begins
 *   in `text`, counted from 0. Without a `position` the whole text is too long.
 */
export function parseFilter(text: string, now: number): JobFilter {
  return scanTerms(text).reduce<JobFilter>(
    (filter, term) => withCondition(filter, conditionOf(term, now), term),
    {},
  );
}

function conditionOf(term: Term, now: number): Condition {
  const { name, value } = term;
  if (name === undefined) return { idPrefix: parseWord(term) };
  if (!isFilterTermName(name)) throw termFault(term, `has an unknown name: expected one of ${NAMES}`);
  if (value === '') throw termFault(term, `has no value: expected one such as ${FILTER_TERMS[name].example}`);
  if (value.length > MAX_VALUE_LENGTH)
    throw termFault(term, `is too long: expected a value of at most ${MAX_VALUE_LENGTH} characters`);
  // No job has such a text, and not every database accepts it.
  if (/[\0\p{Surrogate}]/u.test(value))
    throw termFault(term, 'has a character that no job has: expected no NUL and no half of a surrogate pair');
  return CONDITIONS[name](term, now);
}

function parseFingerprint(term: Term): string {
  const fingerprint = term.value.toLowerCase();
  if (!/^[0-9a-f]{16}$/.test(fingerprint))
    throw termFault(term, 'is no fingerprint: expected all of its 16 digits, from 0 to 9 and a to f');
  return fingerprint;
}

function parseParent(term: Term): string {
  const id = term.value.toLowerCase();
  if (isUuid(id)) return id;
  throw termFault(term, 'is no id of a job: expected a whole UUID, such as jobs list prints it');
}

function parseTag(term: Term): string {
  if (isTag(term.value)) return term.value;
  throw termFault(
    term,
    `cannot be a tag: expected 1 to ${MAX_TAG_LENGTH} characters without white space at the ends`,
  );
}

/** Without a digit, a word such as "dead" more likely means something else than the beginning of an id. */
function parseWord(term: Term): string {
  const word = term.value.toLowerCase();
  if (isIdPrefix(word) && /\d/.test(word)) return word;
  throw termFault(term, `has no name: expected name:value with one of ${NAMES}`);
}

function parseIdPrefix(term: Term): string {
  const prefix = term.value.toLowerCase();
  if (isIdPrefix(prefix)) return prefix;
  throw termFault(term, 'cannot begin an id: expected the first hex digits of a UUID, with its dashes');
}

function isIdPrefix(text: string): boolean {
  return ID_FORM.startsWith(text.replace(/[0-9a-f]/g, '0'));
}

function parseStates(term: Term): readonly JobState[] {
  const names = term.value.split(',');
  const unknown = names.find((name) => !Object.hasOwn(JOB_STATES, name));
  if (unknown !== undefined)
    throw termFault(
      term,
      `has an unknown state: expected one of ${STATES.join(', ')}, or several separated by commas`,
    );
  return STATES.filter((state) => names.includes(state));
}

function parseQueue(term: Term): string {
  if (isQueueName(term.value)) return term.value;
  throw termFault(
    term,
    `cannot be a queue: expected lower-case words of letters and digits joined by hyphens, at most ${MAX_NAME_LENGTH} characters`,
  );
}

function parseKind(term: Term): KindFilter {
  const kind = toKindFilter(term.value);
  if (kind !== undefined) return kind;
  throw termFault(
    term,
    `cannot be a kind: expected lower-case words of letters and digits joined by dots or hyphens, or the beginning of one followed by *, at most ${MAX_NAME_LENGTH} characters`,
  );
}

/** @throws {LeveretError} `FILTER_INVALID` when `filter` has a condition of this name already. */
function withCondition(filter: JobFilter, condition: Condition, term: Term): JobFilter {
  const { states, tags, created, updated, ...single } = condition;
  if (Object.keys(single).some((name) => Object.hasOwn(filter, name)))
    throw termFault(
      term,
      'repeats a name: expected it once, because only state and tag may be given several times',
    );
  return {
    ...filter,
    ...single,
    ...(states === undefined ? {} : { states: eitherOf(filter.states ?? [], states) }),
    ...(tags === undefined ? {} : { tags: [...new Set([...(filter.tags ?? []), ...tags])].sort() }),
    ...(created === undefined ? {} : { created: narrowed(filter.created ?? {}, created, term) }),
    ...(updated === undefined ? {} : { updated: narrowed(filter.updated ?? {}, updated, term) }),
  };
}

function eitherOf(some: readonly JobState[], others: readonly JobState[]): readonly JobState[] {
  return STATES.filter((state) => some.includes(state) || others.includes(state));
}
