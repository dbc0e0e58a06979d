import { createJobClient } from '@leveret/client';
import { type Broker, LeveretError, newId, sleep, systemClock, systemRandom } from '@leveret/core';
import { faultJob } from './fault-job.ts';
import type { History } from './history.ts';

/** Pause before a job is enqueued again, in milliseconds. */
const AGAIN_MS = 20;
/** Answers that say: not now. */
const NOT_NOW = new Set<string>(['ENQUEUE_UNAVAILABLE', 'ENQUEUE_OVERLOADED']);

/** Enqueues jobs of one queue, as a process without a ledger does. */
export interface Producer {
  /** A new id. */
  nextId(): string;
  /**
   * Enqueues a job until it is accepted, each time under the same id: the broker may have a job that it did not confirm. What the client took to
   * answer is noted each time.
   *
   * @throws whatever else the client answers.
   */
  offer(id: string, delayMs?: number): Promise<void>;
}

/** Creates a producer. */
export function createProducer(
  broker: Broker,
  queue: string,
  history: Pick<History, 'offered' | 'accepted' | 'refused'>,
): Producer {
  const sent = new Set<string>();
  const client = createJobClient({
    broker: {
      ...broker,
      // The client takes each id that it is given for a known one. These are new the first time, and no copies.
      publish(messages) {
        const marked = messages.map((outgoing) => {
          const { id } = outgoing.message;
          const isResent = sent.has(id);
          sent.add(id);
          return { ...outgoing, isResent };
        });
        return broker.publish(marked);
      },
    },
  });
  const job = faultJob(queue);

  return {
    nextId: () => newId(systemClock, systemRandom),
    async offer(id, delayMs = 0) {
      history.offered(id);
      for (;;) {
        const since = systemClock.monotonic();
        const tookMs = () => systemClock.monotonic() - since;
        try {
          await client.enqueue(job, 'work', { id, delayMs });
          return history.accepted(id, tookMs());
        } catch (error) {
          if (!(error instanceof LeveretError && NOT_NOW.has(error.code))) throw error;
          history.refused(id, error.code, tookMs());
          await sleep(systemClock, AGAIN_MS);
        }
      }
    },
  };
}
