import { ERROR_CODES, type ErrorCode, type ErrorRule } from './error-codes.ts';
import { maskSecrets } from './secrets.ts';
import { readProperty, readText, wordsOf } from './thrown.ts';

/** Marks our errors: the class alone would not, where a process has two copies of this package. */
const errorMark = Symbol.for('leveret.error');

/** The rule of `code`, typed without its literals. */
export function errorRule(code: ErrorCode): ErrorRule {
  return ERROR_CODES[code];
}

/** Whether `text` is a code of the table. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

/** What may accompany an error. */
export interface LeveretErrorOptions {
  /** The error that led to this one. Logged, never sent to a client. */
  readonly cause?: unknown;
  /** Ids and limits; see {@link LeveretError.details}. */
  readonly details?: Readonly<Record<string, string | number>>;
}

/** The one class of errors that Leveret raises on purpose. Callers branch on `code`; people read `message`. Credentials of URLs are masked in it. */
export class LeveretError extends Error {
  override readonly name = 'LeveretError';
  readonly code: ErrorCode;
  /** Safe to log and to return over HTTP: ids and limits, never payloads or secrets. */
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, message: string, options: LeveretErrorOptions = {}) {
    super(maskSecrets(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  static {
    Object.defineProperty(LeveretError.prototype, errorMark, { value: true });
  }
}

/** The code of one of our errors, also of one that another copy of this package made; undefined for anything else. Never throws. */
export function leveretCodeOf(thrown: unknown): ErrorCode | undefined {
  if (readProperty(thrown, errorMark) !== true) return undefined;
  const code = readText(thrown, 'code');
  return code !== undefined && isErrorCode(code) ? code : undefined;
}

/** The message of anything that may have been thrown, without the credentials of URLs. Never throws. Describes an object that is not an error by its type and keys, not its values. */
export function messageOf(thrown: unknown): string {
  return maskSecrets(wordsOf(thrown));
}
