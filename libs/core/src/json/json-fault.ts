import { type JsonFault, MAX_JSON_DEPTH } from './json.ts';

type Path = readonly (string | number)[];

/**
 * The first part of `value` that JSON cannot carry, or would silently change; undefined when there is none. Fields that are
 * `undefined` are left out by JSON, and what has a method `toJSON` is what that returns: neither is a fault. Never throws.
 */
export function findJsonFault(value: unknown): JsonFault | undefined {
  return new Search().visit(value, []);
}

class Search {
  /** The containers that the search is in. */
  readonly #around = new Set<object>();

  visit(given: unknown, path: Path): JsonFault | undefined {
    let value = given;
    try {
      value = unwrap(given, String(path.at(-1) ?? ''));
      return this.#visitData(value, path);
    } catch {
      return { path, reason: 'cannot be read: a getter or its toJSON throws' };
    }
  }

  #visitData(value: unknown, path: Path): JsonFault | undefined {
    if (typeof value === 'object' && value !== null) return this.#visitContainer(value, path);
    const reason = faultOfPrimitive(value);
    return reason === undefined ? undefined : { path, reason };
  }

  #visitContainer(value: object, path: Path): JsonFault | undefined {
    if (this.#around.has(value)) return { path, reason: 'contains itself' };
    if (path.length >= MAX_JSON_DEPTH)
      return { path: path.slice(0, 3), reason: `is nested deeper than ${MAX_JSON_DEPTH} levels` };
    const reason = faultOfClass(value);
    if (reason !== undefined) return { path, reason };
    this.#around.add(value);
    const fault = Array.isArray(value) ? this.#visitList(value, path) : this.#visitFields(value, path);
    this.#around.delete(value);
    return fault;
  }

  #visitList(list: readonly unknown[], path: Path): JsonFault | undefined {
    for (let index = 0; index < list.length; index += 1) {
      const fault = this.visit(list[index], [...path, index]);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #visitFields(object: object, path: Path): JsonFault | undefined {
    for (const key of Object.keys(object)) {
      const field = [...path, key];
      const value = readField(object, key);
      if ('reason' in value) return { path: field, reason: value.reason };
      if (value.read === undefined) continue;
      const fault = this.visit(value.read, field);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}

function readField(object: object, key: string): { readonly read: unknown } | { readonly reason: string } {
  try {
    return { read: (object as Record<string, unknown>)[key] };
  } catch {
    return { reason: 'cannot be read: its getter throws' };
  }
}

/** What JSON takes in the place of `value`. */
function unwrap(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON !== 'function') return value;
  const made: unknown = Reflect.apply(toJSON, value, [key]);
  // Of a date that is none JSON makes null.
  return value instanceof Date && made === null ? Number.NaN : made;
}

function faultOfPrimitive(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : 'is not a finite number';
    case 'bigint':
      return 'is a bigint: send it as a string';
    case 'undefined':
      return 'is undefined';
    case 'function':
      return 'is a function';
    case 'symbol':
      return 'is a symbol';
    case 'string':
    case 'boolean':
    case 'object':
      return undefined;
  }
}

/** Of an object of a class JSON keeps its own fields alone: that is all where the class has nothing else. */
function faultOfClass(value: object): string | undefined {
  if (Array.isArray(value)) return undefined;
  if (value instanceof Map || value instanceof Set) return 'is a Map or a Set: send a list or an object';
  let prototype: unknown = Object.getPrototypeOf(value);
  while (typeof prototype === 'object' && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    if (Reflect.ownKeys(prototype).some((key) => key !== 'constructor'))
      return 'is an object of a class with methods: send plain data';
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}
