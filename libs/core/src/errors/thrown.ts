/**
 * Reading what was thrown. JavaScript throws anything: a text, a list, a proxy, an error whose getters throw. Nothing
 * in this file throws, whatever it is given.
 */

/** Longest description of something that is no error, in characters. */
const MAX_DESCRIPTION = 1_000;
/** Keys of an object that its description names, and the longest of each in characters. */
const MAX_KEYS = 10;
const MAX_KEY = 40;

/** The property of anything, as it is; `undefined` when there is none or it cannot be read. */
export function readProperty(value: unknown, name: string | symbol): unknown {
  if (!isObject(value)) return undefined;
  try {
    return (value as Readonly<Record<string | symbol, unknown>>)[name];
  } catch {
    return undefined;
  }
}

/** The property of anything, when it is a text. */
export function readText(value: unknown, name: string): string | undefined {
  const text = readProperty(value, name);
  return typeof text === 'string' ? text : undefined;
}

/** The entries of a list, at most `limit`; none when it is no list or cannot be read. */
export function readList(value: unknown, limit: number): readonly unknown[] {
  try {
    return Array.isArray(value) ? value.slice(0, limit) : [];
  } catch {
    return [];
  }
}

/** Whether it is an error, or looks like one: of another realm, or rebuilt from JSON. */
export function isErrorLike(value: unknown): boolean {
  return isError(value) || readText(value, 'message') !== undefined;
}

/** Whether it is an error of this realm. */
export function isError(value: unknown): boolean {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/**
 * The words of anything thrown. Of an error they are its message. A text is its own words. Of any other object only its type
 * and its keys are told, because its values may be those of a payload.
 */
export function wordsOf(thrown: unknown): string {
  if (!isObject(thrown)) return wordsOfPrimitive(thrown);
  const message = readProperty(thrown, 'message');
  if (typeof message === 'string') return message;
  if (!isError(thrown)) return describeObject(thrown);
  return message === undefined
    ? ''
    : `its message is ${isObject(message) ? describeObject(message) : wordsOfPrimitive(message)}`;
}

function wordsOfPrimitive(value: unknown): string {
  return typeof value === 'bigint' ? 'a bigint' : String(value);
}

/** What an object is, without its values: `an object with the keys status, body`. */
function describeObject(value: object): string {
  try {
    if (typeof value === 'function') return 'a function';
    if (Array.isArray(value)) return `a list of ${value.length}`;
    const name = readText(readProperty(value, 'constructor'), 'name') ?? '';
    const what =
      name === '' || name === 'Object' ? 'an object' : `an object of the class ${name.slice(0, MAX_KEY)}`;
    const keys = Object.keys(value);
    const named = keys.slice(0, MAX_KEYS).map((key) => key.slice(0, MAX_KEY));
    const more = keys.length > MAX_KEYS ? ` and ${keys.length - MAX_KEYS} more` : '';
    const words = keys.length === 0 ? what : `${what} with the keys ${named.join(', ')}${more}`;
    return words.slice(0, MAX_DESCRIPTION);
  } catch {
    return 'an object that cannot be read';
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
