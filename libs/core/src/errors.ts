import { ERROR_CODES, type ErrorCode, type ErrorRule } from './error-codes.ts';
import { maskSecrets } from './secrets.ts';

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

/** The one class of errors that Leveret raises on purpose. Callers branch on `code`; people read `message`, which never has the credentials of a URL. */
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
}

/** Why an attempt, or a job, failed: what events, dead letters and the ledger keep. */
export interface Failure {
  /** A code of the error table. */
  readonly code: ErrorCode;
  /** In words, at most {@link MAX_FAILURE_MESSAGE} characters. */
  readonly message: string;
}

/** Longest failure message kept, in characters: it travels in message headers and is shown in lists. */
export const MAX_FAILURE_MESSAGE = 1_000;

/** A failure with its message cut to the length that is kept, and without the credentials of URLs. */
export function toFailure(code: ErrorCode, message: string): Failure {
  // Masked before it is cut: the rest of a URL whose end is missing could not be told from a path.
  const masked = maskSecrets(message);
  const short = masked.length > MAX_FAILURE_MESSAGE ? `${masked.slice(0, MAX_FAILURE_MESSAGE - 1)}…` : masked;
  return { code, message: short };
}

/** The message of anything that may have been thrown, without the credentials of URLs. */
export function messageOf(thrown: unknown): string {
  return maskSecrets(thrown instanceof Error ? thrown.message : String(thrown));
}
