import { type Broker, LeveretError, type OutgoingMessage, sleep, systemClock } from '@leveret/core';
import type { History } from './history.ts';

/** Pause before a job is published again, in milliseconds. */
const AGAIN_MS = 20;
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
  for (;;) {
    const since = systemClock.monotonic();
    const tookMs = () => systemClock.monotonic() - since;
    try {
      await broker.publish([outgoing]);
      return history.accepted(id, tookMs());
    } catch (error) {
      if (!(error instanceof LeveretError && NOT_NOW.has(error.code))) throw error;
      history.refused(id, error.code, tookMs());
      await sleep(systemClock, AGAIN_MS);
    }
  }
}
