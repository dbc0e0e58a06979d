import { copyFile, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleClipPath } from '@leveret/video';

/** Size of a clip that takes a while to send, in bytes: more than the sockets on its way can hold. */
export const LARGE_CLIP_BYTES = 33_554_432;

/** Puts the project's own clip into `folder` under a name. Returns its path. */
export async function makeClip(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await copyFile(sampleClipPath, path);
  return path;
}

/** The same clip with a box of nothing behind it, so that it has just this size. Returns its path. */
export async function makeLargeClip(
  folder: string,
  name: string,
  sizeBytes = LARGE_CLIP_BYTES,
): Promise<string> {
  const path = await makeClip(folder, name);
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  const header = Buffer.alloc(8);
  header.writeUInt32BE(sizeBytes - size);
  header.write('free', 4, 'latin1');
  await file.write(header, 0, header.length, size);
  await file.truncate(sizeBytes);
  return path;
}

/** A file that is no video, whatever its name says. Returns its path. */
export async function makeText(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, 'These are words, and no video at all.\n'.repeat(10));
  return path;
}

/** A file that begins as a video does and holds none. Returns its path. */
export async function makeHollowClip(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(
    path,
    Buffer.concat([Buffer.from('\0\0\0\x14ftypisom\0\0\0\0isom', 'latin1'), Buffer.alloc(4_096)]),
  );
  return path;
}
