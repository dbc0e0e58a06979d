import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canMountDisks, mountSmallDisk } from '@leveret/testing/machine';
import { expect, onTestFinished, test } from 'vitest';
import { claimDataFolder } from './data-folder.ts';
import { lockFile } from './wiring.ts';

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-data-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that claims `folder` and does nothing else; resolves once it has it. */
async function claimInProcess(folder: string) {
  const modules = ['./data-folder.ts', './wiring.ts'].map((name) => new URL(name, import.meta.url).href);
  const script = `const [{ claimDataFolder }, { lockFile }] = await Promise.all(${JSON.stringify(modules)}.map((m) => import(m)));
    await claimDataFolder(${JSON.stringify(folder)}, lockFile); console.log('claimed'); setInterval(() => {}, 1_000);`;
  const options = [...process.execArgv, '--input-type=module', '-e', script];
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('a folder is made, claimed by one at a time, and free again when released', async () => {
  const folder = join(await freshFolder(), 'new', 'data');
  const claim = await claimDataFolder(folder, lockFile);

  await expect(claimDataFolder(folder, lockFile)).rejects.toMatchObject({
    code: 'DATA_DIR_IN_USE',
    details: { pid: process.pid },
  });
  await claim.release();
  await claim.release();

  await (await claimDataFolder(folder, lockFile)).release();
});

test('of many that claim at once, one gets the folder, whatever a process that is gone left in it', async () => {
  const folder = await freshFolder();
  await writeFile(join(folder, 'in-use.pid'), '1\n');

  for (let round = 0; round < 10; round += 1) {
    const claims = await Promise.allSettled(
      Array.from({ length: 5 }, () => claimDataFolder(folder, lockFile)),
    );
    const owners = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value] : []));

    expect(owners).toHaveLength(1);
    await owners[0]?.release();
  }
});

test('the claim of another process is told with its number, and taken over at once when that is killed', async () => {
  const folder = await freshFolder();
  const child = await claimInProcess(folder);

  await expect(claimDataFolder(folder, lockFile)).rejects.toMatchObject({
    code: 'DATA_DIR_IN_USE',
    details: { pid: child.pid },
  });
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;

  await (await claimDataFolder(folder, lockFile)).release();
});

test.skipIf(!canMountDisks())('a folder on a full disk is claimed, and its owner is not known', async () => {
  await using disk = await mountSmallDisk(1);
  await (await claimDataFolder(disk.path, lockFile)).release();
  await disk.fill();

  const claim = await claimDataFolder(disk.path, lockFile);

  await expect(claimDataFolder(disk.path, lockFile)).rejects.toThrow('is used by another process');
  await claim.release();
});

test('a folder that cannot be written is told as such', async () => {
  const file = join(await freshFolder(), 'file');
  await writeFile(file, '');

  await expect(claimDataFolder(join(file, 'data'), lockFile)).rejects.toMatchObject({
    code: 'DATA_DIR_UNWRITABLE',
  });
});
