import { LeveretError, messageOf } from '@leveret/core';

/** AMQP reply code for something that does not exist. */
export const NOT_FOUND = 404;
/** AMQP reply code for something that exists with other arguments. */
export const PRECONDITION_FAILED = 406;
/** AMQP reply code for something that the user has no permission for. */
export const ACCESS_REFUSED = 403;
/** AMQP reply codes that no repetition cures; the other one is: not allowed (no such virtual host). */
const REFUSALS = [ACCESS_REFUSED, 530] as const;

/** The broker cannot be used, for `reason`. */
export function unavailable(reason: string): LeveretError {
  return new LeveretError('BROKER_UNAVAILABLE', reason);
}

/** A failure of amqplib as one of ours. Those that are ours already stay as they are. */
export function toBrokerError(cause: unknown): LeveretError {
  if (cause instanceof LeveretError) return cause;
  if (replyCode(cause) === PRECONDITION_FAILED)
    return new LeveretError('TOPOLOGY_MISMATCH', mismatchIn(messageOf(cause)), { cause });
  return new LeveretError(isRefusal(cause) ? 'BROKER_REFUSED' : 'BROKER_UNAVAILABLE', messageOf(cause), {
    cause,
  });
}

/** The broker's words, in ours: what exists, what differs, and the ways out. */
function mismatchIn(told: string): string {
  const parts =
    /inequivalent arg '(.+?)' for (queue|exchange) '(.+?)' in vhost '.*?': received (.+?) but current is ([^"]+)/;
  const [, argument, what, name, ours, theirs] = parts.exec(told) ?? [];
  if (name === undefined) return told;
  return `${what} "${name}" exists with ${argument} ${theirs}, and Leveret needs ${ours}: delete it once it is empty, or give Leveret a virtual host of its own`;
}

/**
 * Why `url` could not be connected to, as one of ours.
 *
 * @param place The URL without its credentials.
 */
export function toConnectError(cause: unknown, place: string): LeveretError {
  const told = `${codeOf(cause)} ${messageOf(cause)}`;
  const advice = ADVICE.find(({ sign }) => sign.test(told))?.words;
  if (advice !== undefined) return new LeveretError('BROKER_REFUSED', `${place}: ${advice}`, { cause });
  return new LeveretError(toBrokerError(cause).code, `${place}: ${reasonOf(cause)}`, { cause });
}

/** What has to be put right when a connection is refused, by what amqplib or TLS say of it. */
const ADVICE: readonly { readonly sign: RegExp; readonly words: string }[] = [
  {
    // amqplib keeps nothing of the broker's answer but its name.
    sign: /Expected ConnectionOpenOk; got <ConnectionClose/,
    words: 'the broker refused the virtual host: does it exist, and may this user access it?',
  },
  {
    sign: /ACCESS_REFUSED - Login was refused|ACCESS_REFUSED - .*\buser\b/,
    words: 'the broker refused the login: correct user and password',
  },
  {
    sign: /SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER|CERT_UNTRUSTED/,
    words:
      "the broker's certificate is signed by an authority that is not trusted here: give that authority's certificate",
  },
  {
    sign: /ERR_TLS_CERT_ALTNAME_INVALID/,
    words: "the broker's certificate is for another host: connect by a name that stands in it",
  },
  {
    sign: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    words: "the broker's certificate is not valid at this time: renew it, or correct the clock",
  },
  {
    sign: /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER/,
    words: 'the broker speaks no TLS on this port: take its port for TLS, or amqp:// in place of amqps://',
  },
  {
    sign: /SSL\w*_ALERT_|\balert (?:number|certificate|bad|unknown)/,
    words:
      'the broker refused the certificate of this process, or that it shows none: give one that the broker trusts',
  },
  {
    sign: /ERR_OSSL_|KEY_VALUES_MISMATCH|PEM routines/,
    words: 'the certificates given to this process, or the key, cannot be read, or do not belong together',
  },
];

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

/** The AMQP reply code that closed a channel or connection, if that is what `error`, or its cause, tells. */
export function replyCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'number') return error.code;
  if (error instanceof LeveretError) return replyCode(error.cause);
  // Of some failures amqplib keeps nothing but the words.
  const told = /\b([345]\d\d) \([A-Z_-]+\)/.exec(error.message)?.[1];
  return told === undefined ? undefined : Number(told);
}

/** Whether the broker does not let this user do it. */
export function isRefusal(cause: unknown): boolean {
  return REFUSALS.some((refusal) => refusal === replyCode(cause)) || /ACCESS_REFUSED/.test(messageOf(cause));
}

/** What the broker itself said, without what amqplib puts around it. */
export function brokerWords(message: string): string {
  return /with message "(.*)"$/s.exec(message)?.[1] ?? message;
}

/** Whether trying again cannot help: somebody has to change something first. */
export function isFinal({ code }: LeveretError): boolean {
  return code === 'TOPOLOGY_MISMATCH' || code === 'BROKER_REFUSED' || code === 'LEDGER_MISMATCH';
}

/** An `AggregateError` of several refused addresses says nothing itself. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return messageOf(cause.errors[0]);
  return messageOf(cause);
}
