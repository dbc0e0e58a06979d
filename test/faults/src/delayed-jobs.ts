import { type Broker, type OutgoingMessage, sleep, systemClock, systemRandom } from '@leveret/core';
import { sampleMessage } from '@leveret/testing';

/** How many are published together. */
const CHUNK = 100;
/** Pause before what was not confirmed is published again, in milliseconds. */
const AGAIN_MS = 100;
/** A job that is so much later than the last should be counts as lost, in milliseconds. */
const LOST_AFTER_MS = 600_000;

/** Which delays, and how many. */
export interface DelayedJobsOptions {
  readonly queue: string;
  readonly count: number;
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** What became of them. */
export interface DelayReport {
  readonly lostCount: number;
  readonly earlyCount: number;
  readonly duplicateCount: number;
  /** How late each was that came, by the number of slots its delay passes in the wheel. */
  readonly latenessMsBySlots: ReadonlyMap<number, readonly number[]>;
}

interface Awaited {
  readonly dueAt: number;
  readonly slots: number;
  readonly arrivedAt: number[];
}

/**
 * Sends jobs through the delay wheel, their delays spread evenly over the orders of magnitude, and waits until the last has come.
 * All times are of this process's clock, from the call of `publish` to the delivery.
 */
export async function runDelayedJobs(broker: Broker, options: DelayedJobsOptions): Promise<DelayReport> {
  const { queue, count, shortestMs, longestMs } = options;
  const awaited = new Map<string, Awaited>();
  let missing = count;
  let noteAllArrived: () => void = () => undefined;
  const allArrived = new Promise<void>((resolve) => {
    noteAllArrived = resolve;
  });
  const subscription = await broker.consume(queue, {
    prefetch: 200,
    onDelivery({ message, settle }) {
      const job = awaited.get(message.id);
      if (job?.arrivedAt.push(systemClock.monotonic()) === 1) missing -= 1;
      if (missing === 0) noteAllArrived();
      settle({ events: [] }).catch(() => undefined);
    },
  });
  for (let sent = 0; sent < count; sent += CHUNK) {
    const chunk = Array.from({ length: Math.min(CHUNK, count - sent) }, () => ({
      message: sampleMessage(queue),
      delayMs: Math.round(shortestMs * (longestMs / shortestMs) ** systemRandom()),
    }));
    const calledAt = systemClock.monotonic();
    for (const { message, delayMs } of chunk)
      awaited.set(message.id, { dueAt: calledAt + delayMs, slots: slotCount(delayMs), arrivedAt: [] });
    await publishStubbornly(broker, chunk);
  }
  const giveUp = new AbortController();
  await Promise.race([allArrived, sleep(systemClock, longestMs + LOST_AFTER_MS, giveUp.signal)]);
  giveUp.abort();
  await subscription.stop();
  return toReport([...awaited.values()]);
}

/** Publishes until it is confirmed, under the same ids. */
async function publishStubbornly(broker: Broker, messages: readonly OutgoingMessage[]): Promise<void> {
  for (;;) {
    try {
      return await broker.publish(messages);
    } catch {
      await sleep(systemClock, AGAIN_MS);
    }
  }
}

/** Digits other than 0 of the delay, in units of 100 ms and base 4. */
function slotCount(delayMs: number): number {
  return Math.ceil(delayMs / 100)
    .toString(4)
    .replaceAll('0', '').length;
}

function toReport(jobs: readonly Awaited[]): DelayReport {
  const latenessMsBySlots = new Map<number, number[]>();
  let earlyCount = 0;
  for (const { dueAt, slots, arrivedAt } of jobs) {
    const [first] = arrivedAt;
    if (first === undefined) continue;
    if (first < dueAt) earlyCount += 1;
    const lateness = latenessMsBySlots.get(slots) ?? [];
    lateness.push(first - dueAt);
    latenessMsBySlots.set(slots, lateness);
  }
  return {
    lostCount: jobs.filter(({ arrivedAt }) => arrivedAt.length === 0).length,
    earlyCount,
    duplicateCount: jobs.filter(({ arrivedAt }) => arrivedAt.length > 1).length,
    latenessMsBySlots,
  };
}

/** The report in one line, and lateness in one more for each number of slots. */
export function printDelayReport(title: string, report: DelayReport): void {
  const { lostCount, earlyCount, duplicateCount, latenessMsBySlots } = report;
  const lines = [...latenessMsBySlots]
    .sort(([a], [b]) => a - b)
    .map(([slots, lateness]) => `  ${slots} slots: ${spread(lateness)}`);
  const all = spread([...latenessMsBySlots.values()].flat());
  process.stdout.write(
    `${title}: ${lostCount} lost, ${earlyCount} early, ${duplicateCount} twice; late ${all}\n${lines.join('\n')}\n`,
  );
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return `${at(0.5)}/${at(0.99)}/${at(1)} ms (p50/p99/max of ${sorted.length})`;
}
