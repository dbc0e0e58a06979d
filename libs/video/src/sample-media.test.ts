import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LeveretError } from '@leveret/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createFrameSource } from './create-frame-source.ts';
import type { FrameSource, Size } from './frame-source.ts';
import { decodedSizeOf } from './limits.ts';
import { pickFrame } from './pick-frame.ts';
import { sampleMediaFolder } from '../fixtures/sample-media-folder.ts';

/** What a viewer sees, for the files where it is not what is coded. */
const SHOWN: Readonly<Record<string, Size>> = {
  'one-frame-rot90-100x60.mp4': { width: 60, height: 100 },
  'one-frame-white-sar16x9.mp4': { width: 1138, height: 480 },
  'portrait-rot90-720p.mp4': { width: 720, height: 1280 },
  'sar-2x1-testpattern.mp4': { width: 1280, height: 360 },
  'syn-dvd-interlaced-sar.mpg': { width: 1024, height: 576 },
  'two-video-streams-nasa.mp4': { width: 480, height: 270 },
  'vfr-thermal-portrait.mp4': { width: 1080, height: 1440 },
  'syn-odd-321x241.webm': { width: 321, height: 241 },
  'syn-8k-3frames.mp4': { width: 7680, height: 4320 },
};
/** Files that hold no picture, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  'audio-only.mp4': 'VIDEO_UNSUPPORTED',
  'syn-truncated-60pct-moov-lost.mp4': 'VIDEO_UNDECODABLE',
};

const folder = sampleMediaFolder();
const isThere = existsSync(folder);
if (!isThere) process.stderr.write(`SKIPPED: there is no sample media in ${folder}: set LEVERET_SAMPLE_MEDIA\n`);
const files = isThere ? (await readdir(folder)).filter((name) => name !== 'MANIFEST.md' && name !== 'hostile') : [];
const hostileFiles = isThere ? await readdir(join(folder, 'hostile')) : [];

describe.skipIf(!isThere).each(['native', 'cli'] as const)('the %s engine', (engine) => {
  let frames: FrameSource;
  beforeAll(async () => {
    frames = await createFrameSource({ engine, searchPath: '/usr/local/bin:/usr/bin:/bin' });
  });

  async function pick(path: string) {
    const { signal } = new AbortController();
    const video = await frames.open(path, signal);
    try {
      return { shownSize: video.shownSize, frame: await pickFrame(video, signal) };
    } finally {
      await video.close();
    }
  }

  test.each(files.filter((name) => !(name in REFUSED)))('shows %s as a viewer sees it', async (name) => {
    const { shownSize, frame } = await pick(join(folder, name));

    const expected = SHOWN[name] ?? shownSize;
    expect(shownSize).toEqual(expected);
    expect({ width: frame.picture.width, height: frame.picture.height }).toEqual(decodedSizeOf(expected));
  });

  test.each(Object.entries(REFUSED).filter(([name]) => files.includes(name)))('refuses %s with %s', async (name, code) => {
    await expect(pick(join(folder, name))).rejects.toMatchObject({ code });
  });

  test.each(hostileFiles)('comes out of %s with a picture or a reason that is not retried', async (name) => {
    const outcome = await pick(join(folder, 'hostile', name)).catch((error: unknown) => error);

    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(LeveretError);
      expect(outcome).toMatchObject({ code: expect.stringMatching(/^VIDEO_/) });
    } else expect(outcome).toHaveProperty('frame');
  });
});
