import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the delay of the event loop is measured, in milliseconds. What is measured includes this time. */
const RESOLUTION_MS = 20;

/** What is measured of this process, child processes not included. */
export interface ProcessFigures {
  /** Resident memory, in bytes. */
  rssBytes(): number;
  /** CPU time of all its threads since its start, in milliseconds. */
  cpuMs(): number;
  /** By how much the event loop was late: the 99th percentile since the last call, in milliseconds. */
  eventLoopDelayMs(): number;
  /** Ends measuring. */
  close(): void;
}

/** Begins to measure this process. */
export function measureProcess(): ProcessFigures {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  return {
    rssBytes: () => process.memoryUsage.rss(),
    cpuMs() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    eventLoopDelayMs() {
      const lateMs = delays.percentile(99) / 1e6 - RESOLUTION_MS;
      delays.reset();
      return Math.max(0, lateMs);
    },
    close: () => {
      delays.disable();
    },
  };
}
