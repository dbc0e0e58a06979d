import type { ByLane, JobPriority } from '@leveret/core';
import { createFifo, type Fifo } from '@leveret/core';

/** What waits, lane by lane, each in the order in which it came. */
export interface WaitingLanes<T> {
  /** How many wait in each lane, at any time. */
  readonly counts: Readonly<ByLane<number>>;
  /** How many wait in all lanes together. */
  size(): number;
  push(lane: JobPriority, item: T): void;
  shift(lane: JobPriority): T | undefined;
  peek(lane: JobPriority): T | undefined;
  /** Takes out of a lane what is not to stay, and returns that. */
  remove(lane: JobPriority, mayStay: (item: T) => boolean): readonly T[];
}

/** Creates empty lanes. */
export function createWaitingLanes<T>(): WaitingLanes<T> {
  const lanes: ByLane<Fifo<T>> = { high: createFifo(), normal: createFifo(), low: createFifo() };
  const counts: ByLane<number> = { high: 0, normal: 0, low: 0 };

  function push(lane: JobPriority, item: T): void {
    lanes[lane].push(item);
    counts[lane] += 1;
  }

  function shift(lane: JobPriority): T | undefined {
    if (counts[lane] > 0) counts[lane] -= 1;
    return lanes[lane].shift();
  }

  return {
    counts,
    size: () => counts.high + counts.normal + counts.low,
    push,
    shift,
    peek: (lane) => lanes[lane].peek(),
    remove(lane, mayStay) {
      const removed: T[] = [];
      for (let left = counts[lane]; left > 0; left -= 1) {
        const item = lanes[lane].shift() as T;
        if (mayStay(item)) lanes[lane].push(item);
        else removed.push(item);
      }
      counts[lane] -= removed.length;
      return removed;
    },
  };
}
