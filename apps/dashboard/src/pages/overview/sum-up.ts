import type { Queue } from '../../api/queues.ts';

/** All queues together. */
export function sumUp(queues: readonly Queue[]) {
  const sum = (of: (queue: Queue) => number) => queues.reduce((total, queue) => total + of(queue), 0);
  const length = Math.max(0, ...queues.map(({ trend }) => trend.length));
  return {
    oldest: oldestOf(queues),
    slots: sum(({ slots }) => slots.size),
    busy: sum(({ counts }) => counts.running ?? 0),
    outPerSecond: sum(({ outPerSecond }) => outPerSecond),
    trend: Array.from({ length }, (_, index) => sum(({ trend }) => trend[index] ?? 0)),
  };
}

/** The longest wait and its queue; undefined when nothing waits. */
function oldestOf(queues: readonly Queue[]) {
  return queues.reduce<{ readonly queue: string; readonly ms: number } | undefined>(
    (oldest, { queue, oldestWaitingMs: ms }) =>
      ms !== undefined && ms > (oldest?.ms ?? -1) ? { queue, ms } : oldest,
    undefined,
  );
}
