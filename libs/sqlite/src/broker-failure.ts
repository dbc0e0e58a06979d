import { LeveretError, messageOf } from '@leveret/core';

/** A failure of the file, as one of the broker that is kept in it. */
export function asBrokerFailure(cause: unknown): LeveretError {
  return new LeveretError('BROKER_UNAVAILABLE', messageOf(cause), { cause });
}
