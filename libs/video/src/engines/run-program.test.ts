import { expect, test } from 'vitest';
import { run, runForChunks } from './run-program.ts';

const shell = { name: '/bin/sh', searchPath: '/bin:/usr/bin' };
const { signal } = new AbortController();

test('what a program writes is handed back, whatever its exit code', async () => {
  const { stdout } = await run(shell, ['-c', 'echo picture; exit 3'], signal);

  expect(stdout.toString()).toBe('picture\n');
});

test('a program that is ended by a signal which is not ours has crashed: the file is not to blame', async () => {
  const args = ['-c', 'echo half a picture; kill -SEGV $$'];
  const readAll = async () => {
    for await (const _chunk of runForChunks(shell, args, { chunkBytes: 4, signal }));
  };

  await expect(run(shell, args, signal)).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
  await expect(readAll()).rejects.toMatchObject({ code: 'WORKER_CRASHED' });
});

test('a reader that has enough ends the program, and that is no crash', async () => {
  const read: string[] = [];
  for await (const chunk of runForChunks(shell, ['-c', 'while :; do echo abc; done'], {
    chunkBytes: 4,
    signal,
  })) {
    read.push(chunk.toString());
    if (read.length === 2) break;
  }

  expect(read).toEqual(['abc\n', 'abc\n']);
});
