import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { engines, hasFfmpeg, systemPath as searchPath } from '../../fixtures/engines.ts';
import { sampleClipPath } from '../sample-clip.ts';
import { createFrameSource } from './create-frame-source.ts';

const { signal } = new AbortController();
const OPEN_FILES = '/proc/self/fd';

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

test.skipIf(!hasFfmpeg)('both engines find the same key frames, and say when they are shown', async () => {
  const [native, cli] = await Promise.all(
    (['native', 'cli'] as const).map(async (engine) => {
      const frames = await createFrameSource({ engine, searchPath });
      const video = await frames.open(sampleClipPath, signal);
      const times: number[] = [];
      for (const at of [0.3, 1.2, 2.4]) {
        const frame = await video.keyFrame(at, { width: 64, height: 36 });
        expect(frame?.atSeconds).toBeLessThanOrEqual(at);
        times.push(Math.round((frame?.atSeconds ?? -1) * 100));
      }
      await video.close();
      return times;
    }),
  );

  expect(cli).toEqual(native);
});

test.each(engines)('the %s engine shows on white what shines through', async (engine) => {
  const frames = await createFrameSource({ engine, searchPath });
  const video = await frames.open(fixture('half-transparent.mov'), signal);
  const data = (await video.keyFrame(0, { width: 32, height: 24 }))?.picture.data ?? new Uint8Array();
  await video.close();

  const [leftRed = 255, , leftBlue = 0] = data.subarray(0, 3);
  expect(leftRed).toBeLessThan(5);
  expect(leftBlue).toBeGreaterThan(250);
  expect([...data.subarray(31 * 3, 32 * 3)]).toEqual([255, 255, 255]);
});

test.skipIf(!existsSync(OPEN_FILES))('a file that is refused for its size does not stay open', async () => {
  const frames = await createFrameSource({ engine: 'native', searchPath });
  const openCount = () => readdirSync(OPEN_FILES).length;
  const refuse = () =>
    expect(frames.open(fixture('too-large.mp4'), signal)).rejects.toMatchObject({ code: 'VIDEO_TOO_LARGE' });
  await refuse();

  const before = openCount();
  for (let round = 0; round < 20; round += 1) await refuse();

  expect(openCount() - before).toBeLessThan(10);
});

test.skipIf(!hasFfmpeg)('a program that runs is ended when the job is aborted', async () => {
  const frames = await createFrameSource({ engine: 'cli', searchPath });
  const aborting = new AbortController();

  const opened = frames.open(sampleClipPath, aborting.signal);
  aborting.abort(new Error('too late'));

  await expect(opened).rejects.toThrow('too late');
});

test('programs of an FFmpeg that is too old are told by their version', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'leveret-old-ffmpeg-'));
  for (const name of ['ffmpeg', 'ffprobe']) {
    await writeFile(
      join(folder, name),
      `#!/bin/sh\necho "${name} version 4.4.2-0ubuntu0.22.04.1 Copyright"\n`,
    );
    await chmod(join(folder, name), 0o755);
  }

  const created = createFrameSource({ engine: 'cli', searchPath: folder });

  await expect(created).rejects.toMatchObject({
    code: 'DECODER_UNAVAILABLE',
    message: expect.stringContaining('4.4'),
  });
  await rm(folder, { recursive: true });
});
