import { type BrokerStatus, type ErrorCode, LeveretError, type PublishOutcome } from '@leveret/core';
import { type Entry, fail, isOpen, type Publication } from '../codec/sending.ts';
import { isRefusal, NOT_FOUND, replyCode } from '../connection/amqp-errors.ts';
import { DEFAULT_EXCHANGE } from '../topology/names.ts';

/** Why nothing can be published now; undefined when it can. */
export function obstacleOf(status: BrokerStatus, isFull: boolean): LeveretError | undefined {
  switch (status.state) {
    case 'up':
      return isFull ? notStored('BROKER_UNAVAILABLE', 'too many messages wait for the broker') : undefined;
    case 'blocked':
      return notStored('BROKER_BLOCKED', `the broker takes no messages: ${status.reason}`);
    case 'down':
      return notStored('BROKER_UNAVAILABLE', status.reason);
  }
}

/** What the messages of a channel fail with when it is lost for `reason`. An exchange that is gone can be declared again. */
export function lostError(reason: string): LeveretError {
  const cause = new Error(reason);
  const words = `the broker was lost before it confirmed: ${reason}`;
  if (replyCode(cause) === NOT_FOUND) return outcomeUnknown('BROKER_UNROUTABLE', words);
  return outcomeUnknown(isRefusal(cause) ? 'BROKER_REFUSED' : 'BROKER_UNAVAILABLE', words);
}

/** The message may be stored. */
export function outcomeUnknown(code: ErrorCode, words: string): LeveretError {
  return new LeveretError(code, words, { details: { outcome: 'unknown' satisfies PublishOutcome } });
}

/** The message is not stored. */
export function notStored(code: ErrorCode, words: string): LeveretError {
  return new LeveretError(code, words, { details: { outcome: 'not-stored' satisfies PublishOutcome } });
}

/** It is not sent any more; it may have been before. */
export function failUnsent(entry: Entry, code: ErrorCode, words: string): void {
  if (isOpen(entry))
    fail(entry, entry.sendCount === 0 ? notStored(code, words) : outcomeUnknown(code, words));
}

/** A message was returned: no queue takes it. */
export function noWayError({ exchange, routingKey }: Publication): LeveretError {
  const words =
    exchange === DEFAULT_EXCHANGE
      ? `there is no queue ${routingKey}`
      : `nothing is bound to "${exchange}" for key ${routingKey}`;
  return notStored('BROKER_UNROUTABLE', words);
}
