import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { sampleMediaFolder } from '@leveret/testing/machine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines, systemPath } from '../fixtures/engines.ts';

/** Longest that a file may occupy a process, its start included, in milliseconds. */
const PATIENCE_MS = 10_000;
/** Where the playlists among the files point to. */
const CANARY_PORT = 18_999;

const folder = join(sampleMediaFolder(), 'hostile');
const isThere = existsSync(folder);
if (!isThere)
  process.stderr.write(`SKIPPED: there are no hostile files in ${folder}: set LEVERET_SAMPLE_MEDIA\n`);
const files = isThere ? (await readdir(folder)).filter((name) => name !== 'MANIFEST.md') : [];

let visitCount = 0;
const canary = createServer((socket) => {
  visitCount += 1;
  socket.destroy();
});

/** What a process of its own makes of the file: the code of the error, or how many posters there are. */
async function handleInChild(engine: string, path: string) {
  const entry = new URL('../fixtures/run-handler.ts', import.meta.url);
  const child = fork(entry, [engine, path, systemPath], { timeout: PATIENCE_MS, killSignal: 'SIGKILL' });
  const answers: unknown[] = [];
  child.on('message', (answer) => answers.push(answer));
  const [exitCode, killedBy] = (await once(child, 'close')) as [number | null, string | null];
  return { answer: answers[0], exitCode, killedBy };
}

describe.skipIf(!isThere)('hostile files', () => {
  beforeAll(async () => {
    canary.listen(CANARY_PORT, '127.0.0.1');
    await once(canary, 'listening');
  });
  afterAll(async () => {
    canary.close();
    await once(canary, 'close');
  });

  test.each(files.flatMap((name) => engines.map((engine) => ({ name, engine }))))(
    'the $engine engine answers $name in time, without a crash and without a connection',
    async ({ name, engine }) => {
      const { answer, ...end } = await handleInChild(engine, join(folder, name));

      expect(end).toEqual({ exitCode: 0, killedBy: null });
      expect(String(answer)).toMatch(/^(VIDEO_(UNSUPPORTED|UNDECODABLE|TOO_LARGE)|[1-6])$/);
      expect(visitCount).toBe(0);
    },
    PATIENCE_MS * 2,
  );
});
