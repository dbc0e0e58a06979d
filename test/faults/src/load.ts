import {
  type Broker,
  type Delivery,
  type JobMessage,
  knownEvents,
  type SettleOptions,
  sleep,
  systemClock,
  withDeadline,
} from '@leveret/core';
import { succeeded } from '@leveret/testing';
import { BROKER, CONSUMING, PUBLISHING } from './connection-losses.ts';
import type { History, HistoryReport } from './history.ts';
import { createProducer } from './producer.ts';

/** Jobs that are being published at a time. */
const PRODUCERS = 5;
/** Pause of a producer between two jobs, in milliseconds. */
const PAUSE_MS = 10;
/** Pause before a job is settled again, in milliseconds. */
const AGAIN_MS = 20;
/** Every so many jobs, one is delayed, and one is tried twice. */
const DELAYED_EVERY = 5;
const TWICE_EVERY = 7;
const DELAY_MS = 200;
/** How often it is looked whether everything is settled, in milliseconds. */
const LOOK_EVERY_MS = 50;
/** How long after everything is well an accepted job may take before it counts as lost, in milliseconds. */
const LOST_AFTER_MS = 60_000;

/** Jobs that are published, delivered, settled and recorded all the time. */
export interface Load {
  /** Publishes a job now; resolves when it is delivered, with how long that took in milliseconds. */
  probe(): Promise<number>;
  /** Publishes nothing; resolves when everything accepted is settled. */
  pause(): Promise<void>;
  resume(): void;
  /** The next delivery is kept unsettled; resolves when it has been delivered again. */
  keepOne(): Promise<void>;
  /** Ends: everything accepted has its time to be settled. */
  finish(): Promise<HistoryReport>;
}

/** Begins to publish to `queue`, stubbornly and under the same id until it is accepted, and to consume it; notes it all in `history`. */
export async function startLoad(broker: Broker, queue: string, history: History): Promise<Load> {
  const arrivals = new Map<string, () => void>();
  const twice = new Set<string>();
  const producer = createProducer(broker, queue, history);
  let count = 0;
  let offeringCount = 0;
  let isOver = false;
  let gate = Promise.resolve();
  let open: () => void = () => undefined;
  let keepNext: ((id: string) => void) | undefined;

  async function produce(): Promise<void> {
    while (!isOver) {
      await gate;
      count += 1;
      const id = producer.nextId();
      if (count % TWICE_EVERY === 0) twice.add(id);
      offeringCount += 1;
      const delayMs = count % DELAYED_EVERY === 0 ? DELAY_MS : 0;
      if (delayMs > 0) history.runs.delayed({ id, attempt: 1 }, BROKER);
      await producer.offer(id, delayMs);
      offeringCount -= 1;
      await sleep(systemClock, PAUSE_MS);
    }
  }

  function outcomeOf(message: JobMessage): SettleOptions {
    const isFirstOfTwo = twice.has(message.id) && message.attempt === 1;
    if (!isFirstOfTwo) return { events: [succeeded(message)] };
    return {
      successor: { kind: 'requeue', message: { ...message, attempt: 2 }, delayMs: DELAY_MS },
      events: [],
    };
  }

  function receive({ message, settle }: Delivery): void {
    const { id } = message;
    history.delivered(message, CONSUMING);
    if (keepNext !== undefined) {
      keepNext(id);
      keepNext = undefined;
      return;
    }
    arrivals.get(id)?.();
    settleStubbornly(message, settle).catch(() => undefined);
  }

  async function settleStubbornly(message: JobMessage, settle: Delivery['settle']): Promise<void> {
    const options = outcomeOf(message);
    history.runs.settling(message, CONSUMING);
    if (options.successor !== undefined) history.runs.delayed(options.successor.message, BROKER);
    for (;;) {
      const since = systemClock.now();
      try {
        return await settle(options);
      } catch {
        await sleep(systemClock, AGAIN_MS);
      } finally {
        if (options.successor !== undefined)
          history.runs.published(options.successor.message, PUBLISHING, since);
      }
    }
  }

  const arrivalOf = (id: string) => new Promise<void>((resolve) => arrivals.set(id, resolve));
  /** Resolves when everything offered is accepted and settled, or when it has had its time. */
  async function untilSettled(): Promise<void> {
    const giveUpAt = systemClock.monotonic() + LOST_AFTER_MS;
    // Looks at last, not at first: a producer that was let through a moment ago has not begun to offer.
    do await sleep(systemClock, LOOK_EVERY_MS);
    while (offeringCount + history.openCount() > 0 && systemClock.monotonic() < giveUpAt);
  }

  await broker.recordEvents(async (entries) => {
    for (const { type, jobId } of knownEvents(entries)) if (type === 'succeeded') history.settled(jobId);
  });
  await broker.consume(queue, { prefetch: 20, onDelivery: receive });
  const producers = Promise.all(Array.from({ length: PRODUCERS }, produce));
  // What ends them is told by `finish`.
  producers.catch(() => undefined);

  return {
    async probe() {
      const id = producer.nextId();
      const since = systemClock.monotonic();
      const arrival = arrivalOf(id);
      await producer.offer(id);
      await withDeadline(systemClock, LOST_AFTER_MS, arrival, () => new Error(`lost: ${id}`));
      return Math.round(systemClock.monotonic() - since);
    },
    async pause() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
      await untilSettled();
    },
    resume: () => open(),
    async keepOne() {
      const kept = await new Promise<string>((resolve) => {
        keepNext = resolve;
      });
      await arrivalOf(kept);
    },
    async finish() {
      isOver = true;
      open();
      await producers;
      await untilSettled();
      return history.report();
    },
  };
}
