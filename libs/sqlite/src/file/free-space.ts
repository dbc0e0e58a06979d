import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Cancel, type Clock, type DiskRoom, diskReserveBytes, toFullDiskWords } from '@leveret/core';

/** With more than twice the reserve free, the disk is asked at most so often, in milliseconds; else before each commit. */
const ASK_EVERY_MS = 100;
/** How often the disk is asked when nothing is written, in milliseconds. */
const WATCH_EVERY_MS = 1_000;

/** Watches whether there is room for new jobs. */
export interface FreeSpace {
  /** Why no new jobs may be stored now, or undefined. */
  shortage(): string | undefined;
  /** Begins to watch the disk also while nobody asks. */
  start(): void;
  /** Watches no more. */
  close(): void;
}

/** What is watched. */
export interface FreeSpaceOptions {
  readonly measure: () => DiskRoom;
  /** Room inside the file that SQLite uses again, in bytes; asked for only when the disk is short. */
  readonly reusableBytes: () => number;
  readonly clock: Clock;
  /** Told what is free beyond the reserve, in bytes, each time the disk is asked. */
  readonly onSpare: (spareBytes: number) => void;
  /** Told the reason when a shortage begins, and undefined when it ends. */
  readonly onChange: (reason: string | undefined) => void;
}

/**
 * Watches the disk. Room inside the file counts for three quarters of the reserve at most: the write-ahead log needs room on the disk.
 */
export function createFreeSpace({
  measure,
  reusableBytes,
  clock,
  onSpare,
  onChange,
}: FreeSpaceOptions): FreeSpace {
  let askAgainAt = Number.NEGATIVE_INFINITY;
  let reason: string | undefined;
  let cancel: Cancel | undefined;

  function ask(): string | undefined {
    const room = measure();
    const { freeBytes } = room;
    const reserve = diskReserveBytes(room);
    if (freeBytes > 2 * reserve) askAgainAt = clock.monotonic() + ASK_EVERY_MS;
    onSpare(freeBytes - reserve);
    if (freeBytes >= reserve) return undefined;
    if (freeBytes + Math.min(reusableBytes(), reserve * 0.75) >= reserve) return undefined;
    return `${toFullDiskWords(room, reserve)}. No new job is stored until there is room`;
  }

  function shortage(): string | undefined {
    if (clock.monotonic() < askAgainAt) return reason;
    const found = ask();
    if ((found === undefined) !== (reason === undefined)) onChange(found);
    reason = found;
    return reason;
  }

  function start(): void {
    shortage();
    cancel = clock.schedule(WATCH_EVERY_MS, start);
  }

  return { shortage, start, close: () => cancel?.() };
}

/** What room the disk of `file` has; any where it cannot be measured. */
export function measureRoom(file: string): DiskRoom {
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(file));
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    // The folder is gone: that is told before each commit.
    return { freeBytes: Number.POSITIVE_INFINITY, totalBytes: Number.POSITIVE_INFINITY };
  }
}
