import type { ErrorCode } from './error-codes.ts';
import { leveretCodeOf } from './errors.ts';
import { maskSecrets } from './secrets.ts';
import { isErrorLike, readList, readProperty, readText, wordsOf } from './thrown.ts';

/** Why an attempt, or a job, failed: what events, dead letters and the ledger keep. Made by {@link failureOf}. */
export interface Failure {
  /** A code of the error table. */
  readonly code: ErrorCode;
  /** In words, at most {@link MAX_FAILURE_MESSAGE} characters. */
  readonly message: string;
  /** Name of the error's class; absent when no error was thrown. */
  readonly name?: string;
  /** Frames of its stack, one a line, without its message. */
  readonly stack?: string;
  /** Its causes, nearest first: the chain of `cause`, and `errors` of an `AggregateError`. */
  readonly causes?: readonly FailureCause[];
  /**
   * The first text `code` along the causes, such as `ECONNREFUSED`, or the handler's own; else the name of the innermost error.
   * Absent when no error was thrown.
   */
  readonly errorCode?: string;
}

/** An error that led to a failure. */
export interface FailureCause {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Its own `code`, when that is a text. */
  readonly code?: string;
}

/** Longest failure message kept, in characters: it travels in message headers and is shown in lists. */
export const MAX_FAILURE_MESSAGE = 1_000;
/** Largest failure kept, in bytes of JSON: a dead letter carries it in a header. Stacks and causes are left out first. */
export const MAX_FAILURE_BYTES = 8_192;

/** Longest stack of the failure and of each cause, in characters. */
export const MAX_STACK = 2_000;
export const MAX_CAUSE_STACK = 600;
/** Longest message of a cause, longest name and longest `code`, in characters. */
export const MAX_CAUSE_MESSAGE = 300;
export const MAX_NAME = 100;
/** Causes that are kept. */
export const MAX_CAUSES = 8;
/** How far down causes are looked for. */
const MAX_DEPTH = 5;
/** How much of a text is looked at, in characters: an error may have any. */
const MAX_READ = 20_000;

/** A failure that Leveret itself describes. */
export function toFailure(code: ErrorCode, message: string): Failure {
  return { code, message: safeText(message, MAX_FAILURE_MESSAGE) };
}

/**
 * Turns any thrown value into a failure: plain data of a bounded size. Never throws. Nothing else makes failures of thrown values.
 *
 * @param code What it counts as; by default the code of one of our errors, and `HANDLER_FAILED` for any other.
 */
export function failureOf(
  thrown: unknown,
  code: ErrorCode = leveretCodeOf(thrown) ?? 'HANDLER_FAILED',
): Failure {
  if (!isErrorLike(thrown)) return failureOfNoError(thrown, code);
  const { name, message, stack, code: ownCode } = toCause(thrown, MAX_FAILURE_MESSAGE, MAX_STACK);
  const causes = causesOf(thrown).map((cause) => toCause(cause, MAX_CAUSE_MESSAGE, MAX_CAUSE_STACK));
  const errorCode = ownCode ?? causes.find((cause) => cause.code !== undefined)?.code;
  return fitted({
    code,
    message,
    name,
    ...(stack === undefined ? {} : { stack }),
    ...(causes.length === 0 ? {} : { causes }),
    errorCode: errorCode ?? causes.at(-1)?.name ?? name,
  });
}

function failureOfNoError(thrown: unknown, code: ErrorCode): Failure {
  const words = wordsOf(thrown);
  const failure = toFailure(
    code,
    typeof thrown === 'string' && words !== '' ? words : `${words || 'an empty text'} was thrown`,
  );
  const errorCode = readText(thrown, 'code');
  return errorCode === undefined ? failure : { ...failure, errorCode: safeText(errorCode, MAX_NAME) };
}

/** The messages of a failure and its causes: `fetch failed: connect ECONNREFUSED 127.0.0.1:1`. */
export function reasonOf({ message, name, causes = [] }: Failure): string {
  let reason = message;
  for (const { message: more } of causes)
    if (!reason.includes(more)) reason = reason === '' ? more : `${reason}: ${more}`;
  return reason === '' ? (name ?? 'no reason was given') : reason;
}

/** An `Error` with the name, message, stack, `code` and causes of `failure`, each the cause of the one before. */
export function toError({ code, name = 'Error', message, stack, causes = [], errorCode }: Failure): Error {
  const cause = causes.reduceRight<Error | undefined>(
    (inner, { name, message, stack, code }) => errorOf({ name, message, stack, code: code ?? name }, inner),
    undefined,
  );
  return errorOf({ name, message, stack, code: errorCode ?? code }, cause);
}

interface ErrorParts {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string;
}

function errorOf({ name, message, stack, code }: ErrorParts, cause: Error | undefined): Error {
  const error = new Error(message, cause && { cause });
  const frames = (stack ?? '').split('\n').map((frame) => `\n    ${frame}`);
  return Object.assign(error, {
    name,
    code,
    stack: `${name}: ${message}${stack === undefined ? '' : frames.join('')}`,
  });
}

function toCause(error: unknown, maxMessage: number, maxStack: number): FailureCause {
  const stack = framesOf(error, maxStack);
  const code = readText(error, 'code');
  return {
    name: safeText(readText(error, 'name') || 'Error', MAX_NAME),
    message: safeText(wordsOf(error), maxMessage),
    ...(stack === undefined ? {} : { stack }),
    ...(code === undefined ? {} : { code: safeText(code, MAX_NAME) }),
  };
}

/** What led to `thrown`, nearest first. A cause that is its own cause ends the search. */
function causesOf(thrown: unknown): readonly unknown[] {
  const found = new Set<unknown>([thrown]);
  const visit = (error: unknown, depth: number) => {
    if (depth > MAX_DEPTH) return;
    const cause = readProperty(error, 'cause');
    const causes = [
      ...(cause === undefined ? [] : [cause]),
      ...readList(readProperty(error, 'errors'), MAX_CAUSES),
    ];
    for (const next of causes) {
      if (found.size > MAX_CAUSES || found.has(next)) continue;
      found.add(next);
      visit(next, depth + 1);
    }
  };
  visit(thrown, 1);
  found.delete(thrown);
  return [...found];
}

const FRAME = /^\s+at /;
const FOREIGN_FRAME = /node_modules|node:/;

/** The frames of an error's stack, in their order. Where not all of them fit, those of Node.js and of packages are left out first. */
function framesOf(error: unknown, limit: number): string | undefined {
  const stack = readText(error, 'stack') ?? '';
  // The message stands before the frames, and may be of any length.
  const start = Math.max(0, stack.indexOf('\n    at '));
  const lines = stack.slice(start, start + MAX_READ).split('\n');
  const frames = lines.filter((line) => FRAME.test(line)).map((line) => safeText(line.trim(), limit));
  const own = frames.filter((frame) => !FOREIGN_FRAME.test(frame));
  const foreign = frames.filter((frame) => FOREIGN_FRAME.test(frame));
  const kept = new Set<string>();
  let length = 0;
  for (const frame of [...own, ...foreign]) {
    length += frame.length + 1;
    if (length > limit) break;
    kept.add(frame);
  }
  const chosen = frames.filter((frame) => kept.has(frame)).join('\n');
  return chosen === '' ? undefined : chosen.slice(0, limit);
}

/** `failure` in at most {@link MAX_FAILURE_BYTES}: a character may take six of them. */
export function fitted(failure: Failure): Failure {
  if (fits(failure)) return failure;
  const { stack: _stack, causes: _causes, ...bare } = failure;
  const causes = (failure.causes ?? []).map(({ stack: _of, ...cause }) => cause);
  const shorter = { ...failure, ...(causes.length === 0 ? {} : { causes }) };
  if (fits(shorter)) return shorter;
  const { causes: _none, ...alone } = failure;
  return fits(alone) ? alone : bare;
}

function fits(failure: Failure): boolean {
  return new TextEncoder().encode(JSON.stringify(failure)).byteLength <= MAX_FAILURE_BYTES;
}

/**
 * A text that can be kept and shown anywhere: of a bounded length, without the credentials of URLs, well-formed, and without NUL, at
 * which some stores cut it.
 */
export function safeText(text: string, limit: number): string {
  // Masked before it is cut: the rest of a URL whose end is missing could not be told from a path.
  const read = maskSecrets(text.slice(0, MAX_READ));
  const short = read.length > limit ? `${read.slice(0, limit - 1)}…` : read;
  return short.replaceAll('\0', '\u2400').replace(/\p{Surrogate}/gu, '\uFFFD');
}
