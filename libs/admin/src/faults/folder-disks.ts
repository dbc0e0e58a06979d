import { stat, statfs } from 'node:fs/promises';
import type { FolderDisk } from './observation.ts';

/** The disks of folders: of folders on the same disk, the first one counts. One that cannot be looked at is left out. */
export async function readDisks(folders: readonly string[]): Promise<readonly FolderDisk[]> {
  const disks = new Map<number, FolderDisk>();
  for (const folder of folders) {
    const found = await readDisk(folder).catch(() => undefined);
    if (found !== undefined && !disks.has(found.device)) disks.set(found.device, found.disk);
  }
  return [...disks.values()];
}

async function readDisk(folder: string) {
  const [{ dev: device }, { bavail, blocks, bsize }] = await Promise.all([stat(folder), statfs(folder)]);
  return { device, disk: { folder, freeBytes: bavail * bsize, totalBytes: blocks * bsize } };
}
