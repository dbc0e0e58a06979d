import { closeSync, type FSWatcher, openSync, watch, writeFileSync, writeSync } from 'node:fs';
import { LeveretError, type Logger, messageOf } from '@leveret/core';

/** Wakes other processes. Best effort: whoever does not hear it finds the same by polling, a little later. */
export interface Bell {
  /** Never throws. */
  ring(): void;
  close(): void;
}

/** Makes the file by which processes wake each other. @throws {LeveretError} `DATA_DIR_UNWRITABLE`. */
export function makeBell(bellFile: string): void {
  try {
    writeFileSync(bellFile, '', { flag: 'a' });
  } catch (cause) {
    throw new LeveretError('DATA_DIR_UNWRITABLE', `cannot write ${bellFile}: ${messageOf(cause)}`, { cause });
  }
}

/** Opens the bell to ring it: its one byte is written over. */
export function openBell(bellFile: string): Bell {
  const bell = openSync(bellFile, 'r+');
  return {
    ring() {
      try {
        writeSync(bell, '\0', 0);
      } catch {
        // A full disk, for one.
      }
    },
    close: () => closeSync(bell),
  };
}

/** Calls `onRing` when a process rings; undefined when nothing can be heard. */
export function watchBell(bellFile: string, onRing: () => void, logger: Logger): FSWatcher | undefined {
  try {
    const watcher = watch(bellFile, { persistent: false }, onRing);
    watcher.on('error', (error) =>
      logger.warn({ bellFile, error: messageOf(error) }, 'cannot hear other processes: polling'),
    );
    return watcher;
  } catch (error) {
    logger.warn({ bellFile, error: messageOf(error) }, 'cannot hear other processes: polling');
    return undefined;
  }
}
