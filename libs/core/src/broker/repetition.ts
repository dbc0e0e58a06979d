import type { JobMessage } from '../job/message.ts';
import type { Delivery } from './broker.ts';

/**
 * The header of a message that follows a repeated one, as its retry, hold, rerun or snooze. The message that was repeated, of the same job and
 * generation, may still come.
 */
export const REPEATED_HEADER = 'leveret-repeated';

/**
 * Whether an earlier message of the same job and generation may still come: the delivery is a copy, was delivered before, or follows such a one. When
 * it ends, the ledger must not forget that messages of this generation are superseded. Such a delivery is looked up before it runs.
 */
export function isRepeated({ origin, message }: Pick<Delivery, 'origin' | 'message'>): boolean {
  return origin !== 'first' || message.headers[REPEATED_HEADER] !== undefined;
}

/** `next`, which takes the place of `delivery`, marked where an earlier message may still come. */
export function markFollowing(delivery: Pick<Delivery, 'origin' | 'message'>, next: JobMessage): JobMessage {
  if (!isRepeated(delivery) || next.headers[REPEATED_HEADER] !== undefined) return next;
  return { ...next, headers: { ...next.headers, [REPEATED_HEADER]: '1' } };
}
