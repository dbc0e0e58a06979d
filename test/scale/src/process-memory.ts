import { readFileSync } from 'node:fs';
import { sleep, systemClock } from '@leveret/core';

const LOOK_EVERY_MS = 100;

/** The most memory that a process had of its own while `work` ran, in megabytes. Linux only. */
export async function peakMemoryMb(pid: number, work: () => Promise<unknown>): Promise<number> {
  let peakMb = memoryMb(pid);
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      await sleep(systemClock, LOOK_EVERY_MS);
      peakMb = Math.max(peakMb, memoryMb(pid));
    }
  })();
  try {
    await work();
  } finally {
    isOver = true;
    await watching;
  }
  return peakMb;
}

/** Pages of files, such as those of the ledger, do not count. */
function memoryMb(pid: number): number {
  const [, kibibytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return (Number(kibibytes) * 1_024) / 1e6;
}
