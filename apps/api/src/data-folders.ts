import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LeveretError } from '@leveret/core';

/**
 * Makes sure that the folders exist and can be written: tried out, because permissions alone do not tell.
 *
 * @throws {LeveretError} `DATA_DIR_UNWRITABLE`, naming the folder.
 */
export async function prepareFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const probe = join(folder, `.leveret-write-test-${process.pid}`);
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(probe, '');
      await rm(probe);
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
      throw new LeveretError('DATA_DIR_UNWRITABLE', `cannot write to ${folder} (${reason})`, { cause });
    }
  }
}
