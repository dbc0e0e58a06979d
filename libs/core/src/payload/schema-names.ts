import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Most objects of a schema that are looked at. */
const MAX_OBJECTS = 1_000;
/** Longest text that is taken for a name, in characters. */
const MAX_NAME = 100;
/** How often a schema is read: libraries make parts of it when they first need them. */
const MAX_READINGS = 5;

interface Reading {
  readonly names: Set<string>;
  count: number;
}

const readings = new WeakMap<StandardSchemaV1, Reading>();

/**
 * Whether `name` stands in the schema itself, as the fields that it declares do. A name that does not may be data of a payload, such as
 * the key of a record. Works for any library: it reads the schema's own plain data and the source text of its `validate`.
 */
export function isNameIn(schema: StandardSchemaV1, name: string): boolean {
  const reading = readings.get(schema) ?? { names: new Set(), count: 0 };
  readings.set(schema, reading);
  while (!reading.names.has(name)) {
    if (reading.count === MAX_READINGS) return false;
    reading.count += 1;
    const before = reading.names.size;
    read(schema, reading.names);
    if (reading.names.size === before) break;
  }
  return reading.names.has(name);
}

function read(schema: StandardSchemaV1, names: Set<string>): void {
  addPlainNames(schema, names);
  // Of a schema that is written by hand its function is all there is.
  const source = Function.prototype.toString.call(schema['~standard'].validate);
  for (const [word] of source.matchAll(/[\p{L}\p{N}_$]+/gu)) names.add(word);
}

/** Breadth first, so that a schema's own fields come before what its library keeps. No getter is called: some change the schema. */
function addPlainNames(schema: object, names: Set<string>): void {
  const found = new Set<object>([schema]);
  for (const object of found) {
    for (const key of Reflect.ownKeys(object)) {
      if (typeof key === 'string') addName(key, names);
      const value: unknown = Reflect.getOwnPropertyDescriptor(object, key)?.value;
      if (typeof value === 'string') addName(value, names);
      else if (isObject(value) && found.size < MAX_OBJECTS) found.add(value);
    }
  }
}

function addName(text: string, names: Set<string>): void {
  if (text.length <= MAX_NAME) names.add(text);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
