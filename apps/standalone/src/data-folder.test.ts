import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { claimDataFolder } from './data-folder.ts';

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a folder is made, claimed by one at a time, and free again when released', async () => {
  const folder = join(await freshFolder(), 'new', 'data');
  const claim = await claimDataFolder(folder);

  await expect(claimDataFolder(folder)).rejects.toMatchObject({
    code: 'DATA_DIR_IN_USE',
    details: { pid: process.pid },
  });
  await claim.release();
  await claim.release();

  await (await claimDataFolder(folder)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('of many that claim at once, one gets the folder', async () => {
  const folder = await freshFolder();

  const claims = await Promise.allSettled(Array.from({ length: 10 }, () => claimDataFolder(folder)));

  expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('the claim of a process that is gone is taken over', async () => {
  const folder = await freshFolder();
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  await writeFile(join(folder, 'leveret.lock'), `${child.pid} 1`);

  await (await claimDataFolder(folder)).release();
});

test('the claim of another process that had the same number is taken over', async () => {
  const folder = await freshFolder();
  await writeFile(join(folder, 'leveret.lock'), `${process.pid} 1`);

  await (await claimDataFolder(folder)).release();
});

test('a folder that cannot be written is told as such', async () => {
  const file = join(await freshFolder(), 'file');
  await writeFile(file, '');

  await expect(claimDataFolder(join(file, 'data'))).rejects.toMatchObject({ code: 'DATA_DIR_UNWRITABLE' });
});
