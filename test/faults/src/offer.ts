import {
  type Broker,
  LeveretError,
  type OutgoingMessage,
  sleep,
  systemClock,
  withDeadline,
} from '@leveret/core';
import type { History } from './history.ts';

/** Pause before a job is published again, in milliseconds. */
const AGAIN_MS = 20;
/** How long a caller waits for an answer, in milliseconds: what is then published again joins what is in flight. */
const ANSWER_MS = 2_500;
/** Answers that say: not now. */
const NOT_NOW = new Set<string>(['BROKER_UNAVAILABLE', 'BROKER_BLOCKED']);

/**
 * Publishes a job until it is accepted, under the same id: what was not confirmed may have arrived.
 *
 * @throws whatever else the broker answers.
 */
export async function offer(
  broker: Broker,
  history: Pick<History, 'offered' | 'accepted' | 'refused'>,
  outgoing: OutgoingMessage,
): Promise<void> {
  const { id } = outgoing.message;
  history.offered(id);
  for (let isResent = false; ; isResent = true) {
    const since = systemClock.monotonic();
    const tookMs = () => systemClock.monotonic() - since;
    try {
      const late = () => new LeveretError('BROKER_UNAVAILABLE', 'not answered in time');
      await withDeadline(systemClock, ANSWER_MS, broker.publish([{ ...outgoing, isResent }]), late);
      return history.accepted(id, tookMs());
    } catch (error) {
      if (!(error instanceof LeveretError && NOT_NOW.has(error.code))) throw error;
      history.refused(id, error.code, tookMs());
      await sleep(systemClock, AGAIN_MS);
    }
  }
}
