import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startKeptProcess } from './kept-process.ts';

/** Writes its process id, and stays. */
const STAY = ['/bin/sh', '-c', 'echo $$; sleep 1000'] as const;

async function makeFolder() {
  const path = await mkdtemp(join(tmpdir(), 'leveret-kept-'));
  return {
    path,
    logFile: join(path, 'log'),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** The process id that is written in a file. */
function pidIn(file: string): Promise<number> {
  return readFile(file, 'utf8').then(Number, () => 0);
}

/** Whether it runs: one that is dead and that nobody has asked after has no command line. */
function isAlive(pid: number): Promise<boolean> {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    (command) => command !== '',
    () => false,
  );
}

test.skipIf(process.platform !== 'linux')('a kept process is gone when it was killed', async () => {
  await using folder = await makeFolder();
  const kept = startKeptProcess({ command: STAY, env: {}, logFile: folder.logFile });
  await expect.poll(() => pidIn(folder.logFile)).toBeGreaterThan(0);
  const pid = await pidIn(folder.logFile);

  await kept.kill();

  await expect.poll(() => isAlive(pid)).toBe(false);
});

test.skipIf(process.platform !== 'linux')(
  'a kept process and its folder go when whoever started it is killed',
  async () => {
    await using folder = await makeFolder();
    await using kept = await makeFolder();
    const options = { command: STAY, env: {}, logFile: folder.logFile, folder: kept.path };
    const script = `
      import { startKeptProcess } from ${JSON.stringify(new URL('./kept-process.ts', import.meta.url).href)};
      startKeptProcess(${JSON.stringify(options)});
    `;
    const starter = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
    await expect.poll(() => pidIn(folder.logFile)).toBeGreaterThan(0);
    const pid = await pidIn(folder.logFile);

    starter.kill('SIGKILL');
    await once(starter, 'exit');

    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect.poll(() => existsSync(kept.path)).toBe(false);
  },
);
