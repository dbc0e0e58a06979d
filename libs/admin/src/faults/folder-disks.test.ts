import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readDisks } from './folder-disks.ts';

test('the disk of a folder has its room, once for all folders on it, and a folder that is not there has none', async () => {
  const [disk, ...others] = await readDisks([join(tmpdir(), 'not there'), tmpdir(), tmpdir()]);

  expect(others).toEqual([]);
  expect(disk?.folder).toBe(tmpdir());
  expect(disk?.totalBytes).toBeGreaterThan(0);
  expect(disk?.freeBytes).toBeGreaterThanOrEqual(0);
  expect(disk?.freeBytes).toBeLessThanOrEqual(disk?.totalBytes ?? 0);
});
