import { randomBytes } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import type { DiskRoom } from '@leveret/core';

/** What a start needs on the disk, in bytes: to open the file, and to begin with finishing what was accepted. */
const SIZE_BYTES = 2 * 1024 * 1024;

/** A file that keeps room on the disk for the next start: SQLite cannot even open a database for reading without any. */
export interface ReserveFile {
  /** Makes the file if it is not there and `spareBytes` are enough. Never throws. Costs nothing once it is made. */
  keep(spareBytes: number): void;
  /** Before the database is opened: deletes the file if the disk has less room than it takes. Never throws. */
  release(): void;
  /** Whether a start has too little room. */
  isTooLittle(): boolean;
}

/** Creates the file at `path`; `measure` says what room its disk has. Processes that share a database share it. */
export function createReserveFile(path: string, measure: () => DiskRoom): ReserveFile {
  let isKept = false;

  const isTooLittle = () => measure().freeBytes < SIZE_BYTES;

  function remove(): void {
    try {
      rmSync(path, { force: true });
    } catch {
      // Then there is as much room as before.
    }
  }

  return {
    isTooLittle,
    keep(spareBytes) {
      if (isKept || spareBytes < SIZE_BYTES) return;
      try {
        isKept = statSync(path, { throwIfNoEntry: false })?.size === SIZE_BYTES;
        // Random, because some file systems store nothing for zeros.
        if (!isKept) writeFileSync(path, randomBytes(SIZE_BYTES), { mode: 0o600 });
        isKept = true;
      } catch {
        remove();
      }
    },
    release() {
      if (isTooLittle()) remove();
    },
  };
}
