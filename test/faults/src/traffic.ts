import { type Broker, type JobMessage, sleep, systemClock, withDeadline } from '@leveret/core';
import { sampleMessage } from '@leveret/testing';

/** Loops that publish, each one job at a time. */
const PRODUCERS = 5;
/** Pause of a producer between two jobs, and before it tries again, in milliseconds. */
const PAUSE_MS = 5;
/** An accepted job that does not come within this time after the end counts as lost, in milliseconds. */
const LOST_AFTER_MS = 60_000;

/** What became of the jobs, and how long the longest silences were. */
export interface TrafficReport {
  readonly acceptedCount: number;
  readonly lostCount: number;
  readonly duplicateCount: number;
  /** Tries to publish that failed. */
  readonly failedTryCount: number;
  /** Longest time without a publish that was confirmed, in milliseconds. */
  readonly publishGapMs: number;
  /** Longest time without a delivery, in milliseconds. */
  readonly deliveryGapMs: number;
}

/** Jobs that are published and consumed all the time. */
export interface Traffic {
  /**
   * How long it takes, in milliseconds, until the producers have published a job and the consumer has received it, both begun now.
   * @throws {Error} when it takes over a minute.
   */
  roundTripMs(): Promise<number>;
  /** Ends producing, and waits for what was accepted. */
  end(): Promise<TrafficReport>;
}

/** Starts to publish and consume jobs of `queue`. What is not confirmed is published again under the same id. */
export async function startTraffic(broker: Broker, queue: string): Promise<Traffic> {
  const accepted = new Set<string>();
  const delivered = new Map<string, number>();
  const awaited = new Map<string, () => void>();
  const publishes = createSilence();
  const deliveries = createSilence();
  let failedTryCount = 0;
  let isOver = false;

  async function publish(message: JobMessage): Promise<void> {
    for (;;) {
      try {
        await broker.publish([{ message, delayMs: 0 }]);
        publishes.end();
        accepted.add(message.id);
        return;
      } catch {
        failedTryCount += 1;
        await sleep(systemClock, PAUSE_MS);
      }
    }
  }

  const subscription = await broker.consume(queue, {
    prefetch: 20,
    onDelivery({ message: { id }, settle }) {
      deliveries.end();
      delivered.set(id, (delivered.get(id) ?? 0) + 1);
      awaited.get(id)?.();
      settle({ events: [] }).catch(() => undefined);
    },
  });
  const producing = Promise.all(
    Array.from({ length: PRODUCERS }, async () => {
      while (!isOver) {
        await publish(sampleMessage(queue));
        await sleep(systemClock, PAUSE_MS);
      }
    }),
  );

  /** @throws {Error} when it does not come. */
  async function arrival(id: string): Promise<void> {
    if (delivered.has(id)) return;
    const arrived = new Promise<void>((resolve) => awaited.set(id, resolve));
    await withDeadline(systemClock, LOST_AFTER_MS, arrived, () => new Error(`job ${id} did not come`));
  }

  return {
    async roundTripMs() {
      const beganAt = systemClock.monotonic();
      const message = sampleMessage(queue);
      await Promise.all([arrival(message.id), publish(message)]);
      return systemClock.monotonic() - beganAt;
    },
    async end() {
      isOver = true;
      await producing;
      const arrivals = await Promise.allSettled([...accepted].map(arrival));
      await subscription.stop();
      return {
        acceptedCount: accepted.size,
        lostCount: arrivals.filter(({ status }) => status === 'rejected').length,
        duplicateCount: [...delivered.values()].filter((times) => times > 1).length,
        failedTryCount,
        publishGapMs: publishes.longestMs(),
        deliveryGapMs: deliveries.longestMs(),
      };
    },
  };
}

/** The longest time between two of the same. */
function createSilence(): { end(): void; longestMs(): number } {
  let lastAt: number | undefined;
  let longestMs = 0;
  return {
    end() {
      const now = systemClock.monotonic();
      if (lastAt !== undefined) longestMs = Math.max(longestMs, now - lastAt);
      lastAt = now;
    },
    longestMs: () => Math.round(longestMs),
  };
}
