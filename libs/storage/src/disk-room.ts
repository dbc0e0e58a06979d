import { statfs } from 'node:fs/promises';
import { fileReserveBytes, LeveretError, toFullDiskWords } from '@leveret/core';
import { guarded } from './storage-error.ts';

/**
 * Makes sure that so many bytes more leave the reserve of the disk of `folder`.
 *
 * @throws {LeveretError} `STORAGE_FULL`, `STORAGE_UNAVAILABLE`.
 */
export async function requireRoom(folder: string, comingBytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await guarded('look at a disk', () => statfs(folder));
  const room = { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  const reserveBytes = fileReserveBytes(room);
  if (room.freeBytes - comingBytes >= reserveBytes) return;
  throw new LeveretError('STORAGE_FULL', toFullDiskWords(room, reserveBytes), {
    details: { comingBytes, ...room },
  });
}
