import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { toStorageError } from './storage-error.ts';
import { writeBytes } from './write-bytes.ts';

/** A device that has no room, ever. */
const FULL_DEVICE = '/dev/full';

test.runIf(existsSync(FULL_DEVICE))('a disk without room is told from one that fails', async () => {
  const handle = await open(FULL_DEVICE, 'w');
  async function* bytes() {
    yield Buffer.from('abc');
  }
  try {
    await expect(writeBytes(handle, bytes(), {})).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      cause: expect.objectContaining({ code: 'ENOSPC' }),
    });
  } finally {
    await handle.close();
  }
});

test.each([
  ['ENOSPC', 'STORAGE_FULL'],
  ['EDQUOT', 'STORAGE_FULL'],
  ['EIO', 'STORAGE_UNAVAILABLE'],
  ['EACCES', 'STORAGE_UNAVAILABLE'],
])('%s is %s', (system, code) => {
  const cause = Object.assign(new Error(system), { code: system });

  expect(toStorageError(cause, 'write a file')).toMatchObject({
    code,
    cause,
    message: `cannot write a file: ${system}`,
  });
});
