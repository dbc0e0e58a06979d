import { LeveretError, messageOf } from '@leveret/core';

/** AMQP reply code for something that does not exist. */
export const NOT_FOUND = 404;
/** AMQP reply code for something that exists with other arguments. */
const PRECONDITION_FAILED = 406;
/** AMQP reply codes that no repetition cures: access refused, and not allowed (no such virtual host). */
const REFUSALS = [403, 530] as const;

/** A failure of amqplib as one of ours. Those that are ours already stay as they are. */
export function toBrokerError(cause: unknown): LeveretError {
  if (cause instanceof LeveretError) return cause;
  if (replyCode(cause) === PRECONDITION_FAILED)
    return new LeveretError('TOPOLOGY_MISMATCH', messageOf(cause), { cause });
  return new LeveretError(isRefusal(cause) ? 'BROKER_REFUSED' : 'BROKER_UNAVAILABLE', messageOf(cause), {
    cause,
  });
}

/**
 * Why `url` could not be connected to, as one of ours.
 *
 * @param place The URL without its credentials.
 */
export function toConnectError(cause: unknown, place: string): LeveretError {
  // amqplib keeps nothing of the broker's answer but its name.
  if (/Expected ConnectionOpenOk; got <ConnectionClose/.test(messageOf(cause)))
    return new LeveretError(
      'BROKER_REFUSED',
      `${place}: the broker refused the virtual host: does it exist, and may this user access it?`,
      { cause },
    );
  return new LeveretError(toBrokerError(cause).code, `${place}: ${reasonOf(cause)}`, { cause });
}

/** The AMQP reply code that closed a channel or connection, if that is what `error`, or its cause, tells. */
export function replyCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'number') return error.code;
  return error instanceof LeveretError ? replyCode(error.cause) : undefined;
}

/** Whether trying again cannot help: somebody has to change something first. */
export function isFinal({ code }: LeveretError): boolean {
  return code === 'TOPOLOGY_MISMATCH' || code === 'BROKER_REFUSED';
}

/** An `AggregateError` of several refused addresses says nothing itself. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return messageOf(cause.errors[0]);
  return messageOf(cause);
}

function isRefusal(cause: unknown): boolean {
  const code = replyCode(cause);
  if (code !== undefined) return REFUSALS.some((refusal) => refusal === code);
  return /\b403 \(ACCESS[-_]REFUSED\)|\b530 \(NOT[-_]ALLOWED\)|ACCESS_REFUSED/.test(messageOf(cause));
}
