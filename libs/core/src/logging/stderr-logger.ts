import { systemClock } from '../clock.ts';
import { type Failure, failureOf, reasonOf } from '../errors/failure.ts';
import { maskSecrets, SECRET_FIELDS } from '../errors/secrets.ts';
import { isError, readProperty, readText, wordsOf } from '../errors/thrown.ts';
import type { LogFields, Logger } from './logger.ts';

/** Fields of a line, and characters of each, beyond which it is cut. */
const MAX_FIELDS = 30;
const MAX_VALUE = 2_000;

/**
 * Writes warnings and errors to standard error as readable lines, and drops other lines: the logger of every component that gets no other.
 */
export const stderrLogger: Logger = withFields({});

function withFields(base: LogFields): Logger {
  const write = (level: string) => (fields: LogFields, message: string) =>
    console.error(formatLine({ level, at: systemClock.now(), fields: merged(base, fields), message }));
  return {
    debug() {},
    info() {},
    warn: write('WARN '),
    error: write('ERROR'),
    child: (fields) => withFields(merged(base, fields)),
  };
}

/** What a line says. */
export interface LogLine {
  readonly level: string;
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly fields: LogFields;
  readonly message: string;
}

/**
 * One line: time, level, message and fields. Below it, indented, stack and causes of each failure and error among the fields.
 * Fields that hold secrets by their name and credentials of URLs are written as `[redacted]`. Never throws.
 */
export function formatLine({ level, at, fields, message }: LogLine): string {
  const head = `${new Date(at).toISOString()} ${level} ${oneLine(wordsOf(message))}`;
  try {
    const names = Object.keys(fields).slice(0, MAX_FIELDS);
    const parts = names.map((name) => partOf(name, readProperty(fields, name)));
    const line = [head, ...parts.flatMap(({ text }) => text ?? [])].join(' ');
    return maskSecrets([line, ...parts.flatMap(({ failure }) => detailsOf(failure))].join('\n'));
  } catch {
    return maskSecrets(`${head} (its fields cannot be read)`);
  }
}

/** What a field adds to its line, and what stands below. */
interface Part {
  readonly text?: string;
  readonly failure?: Failure;
}

function partOf(field: string, value: unknown): Part {
  const name = oneLine(field);
  if (value === undefined) return {};
  if (SECRET_FIELDS.includes(name)) return { text: `${name}=[redacted]` };
  // Its reason stands in a field of its own.
  if (name === 'failure' && isFailure(value)) return { failure: value };
  if (!isError(value)) return { text: `${name}=${textOf(value)}` };
  const failure = failureOf(value);
  return { text: `${name}=${quoted(reasonOf(failure))}`, failure };
}

function isFailure(value: unknown): value is Failure {
  return readText(value, 'code') !== undefined && readText(value, 'message') !== undefined;
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return quoted(wordsOf(value));
  try {
    const text = JSON.stringify(value, (name, part: unknown) =>
      SECRET_FIELDS.includes(name) ? '[redacted]' : part,
    );
    return text.length > MAX_VALUE ? quoted(text) : escaped(text);
  } catch {
    return quoted(wordsOf(value));
  }
}

/** Bare where it is one word, else as JSON. */
function quoted(text: string): string {
  const short = text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text;
  return /^[^\s"=\p{Cc}]+$/u.test(short) ? short : escaped(JSON.stringify(short));
}

/** JSON without control characters that it lets stand: a terminal would obey them. */
function escaped(json: string): string {
  return json.replace(/\p{Cc}/gu, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** Without line breaks, and without what would move the cursor of a terminal. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

/** Name, message and frames of a failure and of all that led to it, indented. */
function detailsOf(failure: Failure | undefined): readonly string[] {
  if (failure === undefined) return [];
  const { name, message, stack, causes = [] } = failure;
  // Leveret's own message: the line already has it.
  if (name === undefined && stack === undefined) return [];
  const lines = [name === undefined ? message : `${name}: ${message}`, ...framesOf(stack)];
  for (const cause of causes)
    lines.push(`caused by ${cause.name}: ${cause.message}`, ...framesOf(cause.stack));
  return lines.map((text) => `    ${oneLine(text)}`);
}

function framesOf(stack = ''): readonly string[] {
  return stack.split('\n').flatMap((frame) => (frame === '' ? [] : `    ${frame}`));
}

/** One by one: a field whose getter throws costs no more than itself. */
function merged(base: LogFields, fields: LogFields): LogFields {
  const all: Record<string, unknown> = { ...base };
  for (const name of namesOf(fields)) all[name] = readProperty(fields, name);
  return all;
}

function namesOf(fields: LogFields): readonly string[] {
  try {
    return Object.keys(fields);
  } catch {
    return [];
  }
}
