import type { Clock } from '@leveret/core';
import { KEEP_MS, type SettledMemory } from './settled-memory.ts';

/** How long a lost channel is remembered, in milliseconds: a job that was running then may still be settled on it. */
const KEEP_LOST_MS = 10 * KEEP_MS;
/** Lost channels remembered. Each queue has three. */
const MAX_CHANNELS = 300;
/** Runs remembered on all of them together, about 100 bytes each, when one is added: the channels lost first are forgotten first. */
const MAX_RUNS = 100_000;

/**
 * Remembers what was settled on channels that were lost: acknowledgements that were on their way never arrived, and those deliveries
 * come again. An acknowledgement on a channel that is still there is not doubted: a message of the same id that comes later is another
 * message.
 */
export interface LostAcks {
  /** A channel that consumed `queue` was lost. What is settled on it from now on counts too. */
  add(queue: string, settled: SettledMemory): void;
  has(queue: string, key: string): boolean;
  forget(queue: string, key: string): void;
}

/** What was settled on one lost channel. */
interface LostChannel {
  readonly queue: string;
  readonly settled: SettledMemory;
  readonly lostAt: number;
}

/** Creates a memory that knows of no lost channel. */
export function createLostAcks(clock: Clock): LostAcks {
  let channels: readonly LostChannel[] = [];
  return {
    add(queue, settled) {
      const lostAt = clock.monotonic();
      const kept = channels.filter((channel) => lostAt - channel.lostAt <= KEEP_LOST_MS);
      channels = newestOf([...kept, { queue, settled, lostAt }]);
    },
    has: (queue, key) => channels.some((channel) => channel.queue === queue && channel.settled.has(key)),
    forget(queue, key) {
      for (const channel of channels) if (channel.queue === queue) channel.settled.forget(key);
    },
  };
}

/** As many as may be remembered. */
function newestOf(channels: readonly LostChannel[]): readonly LostChannel[] {
  let runCount = 0;
  const tooMany = channels.findLastIndex(({ settled }) => {
    runCount += settled.size();
    return runCount > MAX_RUNS;
  });
  return channels.slice(Math.max(tooMany + 1, channels.length - MAX_CHANNELS));
}
