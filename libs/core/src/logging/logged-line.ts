import { failureOf, reasonOf, safeText } from '../errors/failure.ts';
import { SECRET_FIELDS } from '../errors/secrets.ts';
import { isError, readList, readProperty, wordsOf } from '../errors/thrown.ts';
import type { Json } from '../json/json.ts';
import type { LogLevel } from './logger.ts';

/** A line that a handler logged, as it stays with its job: plain data of a bounded size. */
export interface LoggedLine {
  /** Counts the lines of one run of the handler, from 1. A number may be missing. With `at` it identifies the line among those of its attempt. */
  readonly number: number;
  /** In milliseconds since 1970, by the clock of the worker. */
  readonly at: number;
  readonly level: LogLevel;
  /** At most {@link MAX_LOGGED_TEXT} characters. */
  readonly message: string;
  /** At most {@link MAX_LOGGED_FIELD_BYTES} of JSON; absent for none. */
  readonly fields?: LoggedFields;
}

/** The fields of a line as data. */
export type LoggedFields = Readonly<Record<string, Json>>;

/** Most lines that stay with a job. */
export const MAX_LOGGED_LINES = 200;
/** Most that the lines of a job take, in bytes as {@link loggedBytes} counts them. */
export const MAX_LOGGED_BYTES = 65_536;
/** Longest message of a line, and longest text among its fields, in characters. */
export const MAX_LOGGED_TEXT = 1_000;
/** Largest fields of a line together, in bytes of JSON. */
export const MAX_LOGGED_FIELD_BYTES = 4_096;

/** Fields of a line or of an object among them, or entries of a list, that are kept. */
const MAX_ENTRIES = 30;
/** Longest name of a field, in characters. */
const MAX_NAME = 100;
/** How deep objects among the fields are kept; what is deeper is described. */
const MAX_DEPTH = 3;

const encoder = new TextEncoder();

/**
 * A line within its bounds. Never throws, whatever message and fields are. Fields are kept in their order while they fit. An error
 * among them becomes its messages, and what is not data a description; fields that hold secrets by their name and credentials of URLs become
 * `[redacted]`.
 */
export function toLoggedLine(
  line: Omit<LoggedLine, 'message' | 'fields'> & { readonly message: unknown; readonly fields?: unknown },
): LoggedLine {
  const { number, at, level, message } = line;
  const fields = toLoggedFields(line.fields);
  return { number, at, level, message: toLoggedText(message), ...(fields === undefined ? {} : { fields }) };
}

/** The message of a line within its bounds. Never throws, whatever it is. */
export function toLoggedText(message: unknown): string {
  return safeText(wordsOf(message), MAX_LOGGED_TEXT);
}

/** The fields of a line within their bounds; undefined when none is left. Never throws. */
export function toLoggedFields(given: unknown): LoggedFields | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  let sizeBytes = 0;
  const kept = entriesOf(given, 0)
    .map(([name, data]) => [name, shortened(data)] as const)
    .filter(([name, data]) => {
      const addedBytes = bytesOf(JSON.stringify({ [name]: data }));
      const fits = sizeBytes + addedBytes <= MAX_LOGGED_FIELD_BYTES;
      if (fits) sizeBytes += addedBytes;
      return fits;
    });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** What a line counts for, in bytes: its message, and its fields as JSON. */
export function loggedBytes({ message, fields }: LoggedLine): number {
  return bytesOf(message) + (fields === undefined ? 0 : bytesOf(JSON.stringify(fields)));
}

function bytesOf(text: string): number {
  return encoder.encode(text).byteLength;
}

/** A list or an object that is too long as JSON becomes the beginning of that. */
function shortened(data: Json): Json {
  if (typeof data !== 'object' || data === null) return data;
  const text = JSON.stringify(data);
  return text.length > MAX_LOGGED_TEXT ? safeText(text, MAX_LOGGED_TEXT) : data;
}

function dataOf(value: unknown, depth: number): Json | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
    case 'string':
      return safeText(String(value), MAX_LOGGED_TEXT);
    case 'symbol':
    case 'function':
      return toLoggedText(value);
    case 'object':
      return value === null ? null : dataOfObject(value, depth);
  }
}

function dataOfObject(value: object, depth: number): Json | undefined {
  if (isError(value)) return safeText(reasonOf(failureOf(value)), MAX_LOGGED_TEXT);
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (depth >= MAX_DEPTH) return toLoggedText(value);
  if (typeof readProperty(value, 'toJSON') === 'function')
    return dataOfJson(value as { readonly toJSON: () => unknown }, depth);
  if (isList(value)) return readList(value, MAX_ENTRIES).map((entry) => dataOf(entry, depth + 1) ?? null);
  return Object.fromEntries(entriesOf(value, depth + 1));
}

/** Of a date, a URL, and whatever else says how it is written as JSON. */
function dataOfJson(value: { readonly toJSON: () => unknown }, depth: number): Json | undefined {
  try {
    return dataOf(value.toJSON(), depth + 1);
  } catch {
    return toLoggedText(value);
  }
}

/** The fields of an object that have data, by name. */
function entriesOf(value: object, depth: number): readonly (readonly [name: string, data: Json])[] {
  return namesOf(value).flatMap((name) => {
    const data = SECRET_FIELDS.includes(name) ? '[redacted]' : dataOf(readProperty(value, name), depth);
    return data === undefined ? [] : [[safeText(name, MAX_NAME), data] as const];
  });
}

function namesOf(value: object): readonly string[] {
  try {
    return Object.keys(value).slice(0, MAX_ENTRIES);
  } catch {
    return [];
  }
}

function isList(value: object): boolean {
  try {
    return Array.isArray(value);
  } catch {
    // A proxy that was revoked.
    return false;
  }
}
