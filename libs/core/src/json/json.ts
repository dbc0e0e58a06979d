/** What a job's payload, result and progress may hold: anything that survives a round trip through JSON. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * `T` where JSON can carry it, with a text that says why not in the place of each part that it cannot carry. A value of the type `T` is
 * assignable exactly when JSON can carry all of it. `unknown` and `any` pass: their values are checked when they are sent.
 */
export type JsonCompatible<T> = unknown extends T
  ? T
  : T extends Json | undefined | void
    ? T
    : T extends Date
      ? 'JSON cannot carry a Date: let the schema accept a string and convert it, as z.coerce.date() does'
      : T extends bigint
        ? 'JSON cannot carry a bigint: send it as a string'
        : T extends symbol
          ? 'JSON cannot carry a symbol'
          : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
            ? 'JSON cannot carry a Map or a Set: send a list or an object'
            : T extends (...args: never) => unknown
              ? 'JSON cannot carry a function, nor an object with methods'
              : { [Key in keyof T]: JsonCompatible<T[Key]> };

/** Deepest nesting of lists and objects. The stack of any process is deep enough for it. */
export const MAX_JSON_DEPTH = 1_000;

/** The first part of a value that JSON cannot carry. */
export interface JsonFault {
  /** Where it is: names of fields and places in lists. */
  readonly path: readonly (string | number)[];
  /** What it is, without its value. */
  readonly reason: string;
}

/**
 * Whether `value` is data and nothing else, so that a round trip through JSON changes nothing: `null`, texts, booleans, finite numbers,
 * plain objects and lists. Fast, for it is asked of every payload. Not of a field that is `undefined`, which JSON leaves out.
 * Never throws.
 */
export function isPlainJson(value: unknown): boolean {
  try {
    return isPlain(value, 0);
  } catch {
    // A getter threw.
    return false;
  }
}

function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      return value === null || isPlainContainer(value, depth);
    case 'undefined':
    case 'bigint':
    case 'symbol':
    case 'function':
      return false;
  }
}

function isPlainContainer(value: object, depth: number): boolean {
  if (depth >= MAX_JSON_DEPTH) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      if (!isPlain(value[index], depth + 1)) return false;
    }
    return Object.getPrototypeOf(value) === Array.prototype;
  }
  if (!isPlainObject(value)) return false;
  for (const key of Object.keys(value)) {
    if (key === 'toJSON' || !isPlain((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
