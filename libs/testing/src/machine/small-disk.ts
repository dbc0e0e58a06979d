import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this process may mount a disk: it must be root, and in no container that forbids it. Else it says so. */
export function canMountDisks(): boolean {
  if (process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0) return true;
  process.stderr.write('SKIPPED: tests of a full disk, which need root to mount one\n');
  return false;
}

/** A small disk of its own, in memory. */
export interface SmallDisk {
  /** The folder at which it is mounted. */
  readonly path: string;
  /** Writes a file that takes all the room that is left; returns how to delete it. */
  fill(): Promise<() => Promise<void>>;
  /** Unmounts it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Mounts an empty disk of so many MiB. @throws {Error} when that fails: see {@link canMountDisks}. */
export async function mountSmallDisk(sizeMebibytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-disk-'));
  const path = join(folder, 'disk');
  await mkdir(path);
  const { status, stderr } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${sizeMebibytes}m`,
    'tmpfs',
    path,
  ]);
  if (status !== 0) throw new Error(`cannot mount a disk: ${stderr}`);
  return {
    path,
    async fill() {
      const filler = join(path, 'filler');
      // It ends with the error that the disk is full.
      await writeFile(filler, Buffer.alloc(sizeMebibytes * 1024 * 1024)).catch(() => undefined);
      return () => rm(filler);
    },
    async [Symbol.asyncDispose]() {
      spawnSync('umount', ['-l', path]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
