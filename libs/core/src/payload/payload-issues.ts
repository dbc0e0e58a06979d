import type { StandardSchemaV1 } from '@standard-schema/spec';
import { messageOf } from '../errors/errors.ts';
import { readProperty, readText } from '../errors/thrown.ts';
import type { JsonFault } from '../json/json.ts';
import { type PayloadTexts, readPayloadTexts } from './payload-texts.ts';
import { isNameIn } from './schema-names.ts';

/** Most fields that are named. */
const MAX_NAMED = 20;
/** Most steps of a path that are written. */
const MAX_STEPS = 20;
/** Longest reason of a library that is kept, in characters. */
const MAX_REASON = 300;
/** Written in place of a step that may be data of the payload: the key of a record or a map. */
const HIDDEN = '*';
const NO_NAME = /^(?!)/;
/** Hints for a schema that refuses the JSON of a date, or of another object with a `toJSON`. */
const DATE_HINT = ' (JSON carries a date as a string: let the schema convert it, as z.coerce.date() does)';
const OBJECT_HINT = ' (JSON carries the value that its toJSON returns: let the schema accept that)';
/** Where libraries begin to say what they were given. */
const WHAT_WAS_GIVEN = /\s*(?:\(was |[:,;]?\s*(?:but )?(?:received|got) ).*$/is;

/** A payload that was checked. */
export interface CheckedPayload {
  readonly schema: StandardSchemaV1;
  readonly payload: unknown;
  /** What `payload` is the JSON of: it says more than the schema could know. */
  readonly given: unknown;
}

/**
 * What a schema found wrong with a payload, in words that are safe to log and to store: field by field, with the library's reason
 * where it tells nothing that stands in the payload, and "does not fit" where it might. Libraries promise nothing about their
 * messages: some put the value in, some the key of a record into the path.
 */
export function describeIssues(checked: CheckedPayload, issues: readonly StandardSchemaV1.Issue[]): string {
  const describer = new Describer(checked);
  const lines = new Set(issues.slice(0, MAX_NAMED).map((issue) => describer.describe(issue)));
  if (issues.length > MAX_NAMED) lines.add(`and ${issues.length - MAX_NAMED} more`);
  return [...lines].join('; ');
}

/** What a schema threw while it checked a payload, in words that are safe to log and to store. */
export function describeSchemaError(checked: CheckedPayload, error: unknown): string {
  const describer = new Describer(checked);
  const name = readText(error, 'name') ?? typeof error;
  const told = [name, messageOf(error)].filter((words) => describer.isSafe(words));
  return ['the schema of the payload failed', ...told].join(': ');
}

/** What JSON cannot carry of a payload, and where. This is a mistake of the code that enqueues, so names that code would write are shown. */
export function describeJsonFault(checked: CheckedPayload, { path, reason }: JsonFault): string {
  const field = new Describer(checked, /^[a-z][A-Za-z]{0,39}$/).fieldOf(path);
  return field === '' ? `the payload ${reason}` : `${field}: ${reason}`;
}

class Describer {
  readonly #schema: StandardSchemaV1;
  readonly #given: unknown;
  readonly #texts: PayloadTexts;
  readonly #told: RegExp;

  /** @param told Names that are shown although the schema does not declare them. */
  constructor({ schema, payload, given }: CheckedPayload, told = NO_NAME) {
    this.#told = told;
    this.#schema = schema;
    this.#given = given;
    this.#texts = readPayloadTexts([payload, given], (name) => isNameIn(schema, name));
  }

  describe({ path = [], message }: StandardSchemaV1.Issue): string {
    const keys = path.map((step) => (typeof step === 'object' ? step.key : step));
    const field = this.fieldOf(keys);
    const reason = this.#reason(message) + hintFor(valueAt(this.#given, keys));
    return field === '' ? reason : `${field}: ${reason}`;
  }

  fieldOf(path: readonly PropertyKey[]): string {
    const keys = path.slice(0, MAX_STEPS);
    return keys.map((key, depth) => this.#step(key, keys.slice(0, depth))).join('.');
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
    if (typeof key === 'number' && Array.isArray(valueAt(this.#given, parents))) return String(key);
    if (typeof key !== 'string') return HIDDEN;
    return isNameIn(this.#schema, key) || this.#told.test(key) || this.isSafe(key) ? key : HIDDEN;
  }
}

function hintFor(given: unknown): string {
  if (given instanceof Date) return DATE_HINT;
  return typeof readProperty(given, 'toJSON') === 'function' ? OBJECT_HINT : '';
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(
    (value: unknown, key) => readProperty(value, typeof key === 'number' ? String(key) : key),
    given,
  );
}
