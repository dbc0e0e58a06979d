import type { StandardSchemaV1 } from '@standard-schema/spec';
import { messageOf } from './errors.ts';
import { type PayloadTexts, readPayloadTexts } from './payload-texts.ts';
import { isNameIn } from './schema-names.ts';
import { readText } from './thrown.ts';

/** Most fields that are named. */
const MAX_NAMED = 20;
/** Most steps of a path that are written. */
const MAX_STEPS = 20;
/** Longest reason of a library that is kept, in characters. */
const MAX_REASON = 300;
/** Written in place of a step that may be data of the payload: the key of a record or a map. */
const HIDDEN = '*';
/** Where libraries begin to say what they were given. */
const WHAT_WAS_GIVEN = /\s*(?:\(was |[:,;]?\s*(?:but )?(?:received|got) ).*$/is;

/**
 * What a schema found wrong with a payload, in words that are safe to log and to store: field by field, with the library's reason
 * where it tells nothing that stands in the payload, and "does not fit" where it might. Libraries promise nothing about their
 * messages: some put the value in, some the key of a record into the path.
 */
export function describeIssues(
  schema: StandardSchemaV1,
  payload: unknown,
  issues: readonly StandardSchemaV1.Issue[],
): string {
  const describer = new Describer(schema, payload);
  const lines = new Set(issues.slice(0, MAX_NAMED).map((issue) => describer.describe(issue)));
  if (issues.length > MAX_NAMED) lines.add(`and ${issues.length - MAX_NAMED} more`);
  return [...lines].join('; ');
}

/** What a schema threw while it checked a payload, in words that are safe to log and to store. */
export function describeSchemaError(schema: StandardSchemaV1, payload: unknown, error: unknown): string {
  const describer = new Describer(schema, payload);
  const name = readText(error, 'name') ?? typeof error;
  const told = [name, messageOf(error)].filter((words) => describer.isSafe(words));
  return ['the schema of the payload failed', ...told].join(': ');
}

class Describer {
  readonly #schema: StandardSchemaV1;
  readonly #payload: unknown;
  readonly #texts: PayloadTexts;

  constructor(schema: StandardSchemaV1, payload: unknown) {
    this.#schema = schema;
    this.#payload = payload;
    this.#texts = readPayloadTexts(payload, (name) => isNameIn(schema, name));
  }

  describe({ path = [], message }: StandardSchemaV1.Issue): string {
    const keys = path.slice(0, MAX_STEPS).map((step) => (typeof step === 'object' ? step.key : step));
    const field = keys.map((key, depth) => this.#step(key, keys.slice(0, depth))).join('.');
    const reason = this.#reason(message);
    return field === '' ? reason : `${field}: ${reason}`;
  }

  /** Whether `words` say nothing that stands in the payload. */
  isSafe(words: string): boolean {
    return !this.#texts.mayQuote(words);
  }

  #reason(message: unknown): string {
    const short = typeof message === 'string' ? message.slice(0, MAX_REASON) : '';
    const safe = [short, short.replace(WHAT_WAS_GIVEN, '')].find(
      (words) => words !== '' && this.isSafe(words),
    );
    return safe ?? 'does not fit';
  }

  /** A place in a list, a name that the schema declares, or one that stands nowhere in the payload. */
  #step(key: PropertyKey, parents: readonly PropertyKey[]): string {
    if (typeof key === 'number' && Array.isArray(valueAt(this.#payload, parents))) return String(key);
    if (typeof key !== 'string') return HIDDEN;
    return isNameIn(this.#schema, key) || this.isSafe(key) ? key : HIDDEN;
  }
}

function valueAt(payload: unknown, path: readonly PropertyKey[]): unknown {
  let value = payload;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
