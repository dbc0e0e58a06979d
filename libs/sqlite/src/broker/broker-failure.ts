import { LeveretError, messageOf } from '@leveret/core';

/** A failure of the file, as one of the broker that is kept in it; a caller's mistake, and what concerns one entry alone, stay what they are. */
export function asBrokerFailure(cause: unknown): Error {
  if (cause instanceof TypeError) return cause;
  if (cause instanceof LeveretError && cause.code === 'ENTRY_REFUSED') return cause;
  const details = cause instanceof LeveretError ? cause.details : {};
  const isBlocked = cause instanceof LeveretError && cause.code === 'BROKER_BLOCKED';
  const code = isBlocked ? 'BROKER_BLOCKED' : 'BROKER_UNAVAILABLE';
  return new LeveretError(code, messageOf(cause), { cause, details });
}

/** What `work` resolves with. @throws {LeveretError} `BROKER_UNAVAILABLE` when the file fails, `BROKER_BLOCKED` when the disk is nearly full. */
export async function unlessBroken<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw asBrokerFailure(cause);
  }
}
