import { LeveretError, messageOf, type RecipientOutcome } from '@leveret/core';
import { recipientKey } from './recipients.ts';

/** What nodemailer says of a send that failed, as far as it matters here. */
export interface SmtpError {
  readonly message: string;
  readonly code?: string;
  /** The server's words, with their number. */
  readonly response?: string;
  /** The number, such as 550. */
  readonly responseCode?: number;
  /** Set when the server refused one recipient. */
  readonly recipient?: string;
  /** Set when the server refused every recipient. */
  readonly rejectedErrors?: readonly SmtpError[];
}

/** Codes of nodemailer for a mail that was refused, in contrast to a server that could not be talked to. */
const REFUSALS = new Set(['EENVELOPE', 'EMESSAGE']);
/** Replies about the login, not about the mail (RFC 4954, section 6; RFC 3207, section 4). */
const LOGIN_REPLIES = new Set([530, 534, 535, 538]);
/** Most that is kept of what a server says, in characters. */
const MAX_WORDS_LENGTH = 300;
/** First reply that is for good. */
const PERMANENT = 500;

/** Reads an error of nodemailer. */
export function toSmtpError(thrown: unknown): SmtpError {
  return thrown instanceof Error ? (thrown as Error & SmtpError) : { message: messageOf(thrown) };
}

/**
 * What `error` means for every recipient; undefined when it says nothing about the mail, because the server could not be
 * talked to or did not let us in.
 */
export function refusalOutcomes(
  error: SmtpError,
  recipients: readonly string[],
): readonly RecipientOutcome[] | undefined {
  const { code = '', responseCode = 0, rejectedErrors } = error;
  if (!REFUSALS.has(code) || LOGIN_REPLIES.has(responseCode)) return undefined;
  if (rejectedErrors === undefined) return recipients.map((recipient) => ({ recipient, ...wordsOf(error) }));
  if (rejectedErrors.some((rejected) => LOGIN_REPLIES.has(rejected.responseCode ?? 0))) return undefined;
  return mergeOutcomes(recipients, rejectedErrors, undefined);
}

/** The outcome for each of `recipients`: those of `rejected`, and `accepted` for those the server took with `response`. */
export function mergeOutcomes(
  recipients: readonly string[],
  rejected: readonly SmtpError[],
  accepted: { readonly recipients: readonly string[]; readonly response: string } | undefined,
): readonly RecipientOutcome[] {
  const rejectedByKey = new Map(rejected.map((error) => [recipientKey(error.recipient ?? ''), error]));
  const acceptedKeys = new Set(accepted?.recipients.map(recipientKey));
  return recipients.map((recipient): RecipientOutcome => {
    const error = rejectedByKey.get(recipientKey(recipient));
    if (error !== undefined) return { recipient, ...wordsOf(error) };
    if (acceptedKeys.has(recipientKey(recipient)))
      return { recipient, outcome: 'accepted', response: toOneLine(accepted?.response ?? '') };
    return { recipient, outcome: 'deferred', response: 'the server said nothing about this recipient' };
  });
}

/** Refused for good with a number from 500, or when our side found the mail impossible to send; else worth another try. */
function wordsOf({
  message,
  response,
  responseCode,
}: SmtpError): Pick<RecipientOutcome, 'outcome' | 'response'> {
  const isPermanent = responseCode === undefined || responseCode >= PERMANENT;
  return { outcome: isPermanent ? 'refused' : 'deferred', response: toOneLine(response ?? message) };
}

/** The words of a server in one line, of a length that can be kept for every recipient. */
function toOneLine(words: string): string {
  const line = words.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_WORDS_LENGTH ? `${line.slice(0, MAX_WORDS_LENGTH - 1)}…` : line;
}

/** `text` without any of `secrets`, plain or in base64. */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, Buffer.from(secret).toString('base64')]);
  return forms.reduce((redacted, form) => redacted.replaceAll(form, '***'), text);
}

/** Says that nobody got the mail, as far as is known, and why. The cause is a copy that holds none of `secrets`. */
export function toDeferredError(error: SmtpError, secrets: readonly string[]): LeveretError {
  const message = toOneLine(redact(error.message, secrets));
  const { code, responseCode } = error;
  const cause = Object.assign(new Error(message), {
    ...(code === undefined ? {} : { code }),
    ...(responseCode === undefined ? {} : { responseCode }),
  });
  return new LeveretError('MAIL_DEFERRED', `the mail server cannot take the mail now: ${message}`, { cause });
}
