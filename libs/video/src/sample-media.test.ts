import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LeveretError } from '@leveret/core';
import { hasSampleMedia, sampleMediaFolder } from '@leveret/testing/machine';
import { beforeAll, describe, expect, test } from 'vitest';
import { engines, hasFfmpeg, systemPath as searchPath } from '../fixtures/engines.ts';
import { createFrameSource } from './engines/create-frame-source.ts';
import type { FrameSource, Size, VideoFrame } from './engines/frame-source.ts';
import { decodedSizeOf } from './engines/limits.ts';
import { pickFrame } from './posters/pick-frame.ts';

/** What a viewer sees, for the files where it is not what is coded. */
const SHOWN: Readonly<Record<string, Size>> = {
  'one-frame-with-coverart.mp4': { width: 320, height: 240 },
  "портрет видео été 🎬 it's.mov": { width: 320, height: 568 },
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
const isThere = hasSampleMedia();
const files = isThere
  ? (await readdir(folder)).filter((name) => name !== 'MANIFEST.md' && name !== 'hostile')
  : [];
const manifest = isThere ? await readFile(join(folder, 'MANIFEST.md'), 'utf8') : '';
const hostileFiles = isThere ? await readdir(join(folder, 'hostile')) : [];

/** What the manifest says of a file of one video stream. */
function codedSizeOf(name: string): Size | undefined {
  const row = manifest.split('\n').find((line) => line.startsWith(`| ${name} |`));
  const [, width, height] = / (\d+)x(\d+) /.exec(row?.split('|')[6] ?? '') ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}

describe.skipIf(!isThere).each(engines)('the %s engine', (engine) => {
  let frames: FrameSource;
  beforeAll(async () => {
    frames = await createFrameSource({ engine, searchPath });
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

    const expected = SHOWN[name] ?? codedSizeOf(name);
    expect(shownSize).toEqual(expected);
    expect({ width: frame.picture.width, height: frame.picture.height }).toEqual(decodedSizeOf(shownSize));
  });

  test.each(Object.entries(REFUSED).filter(([name]) => files.includes(name)))(
    'refuses %s with %s',
    async (name, code) => {
      await expect(pick(join(folder, name))).rejects.toMatchObject({ code });
    },
  );

  test.each(hostileFiles)('comes out of %s with a picture or a reason that is not retried', async (name) => {
    const outcome = await pick(join(folder, 'hostile', name)).catch((error: unknown) => error);

    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(LeveretError);
      expect(outcome).toMatchObject({ code: expect.stringMatching(/^VIDEO_/) });
    } else expect(outcome).toHaveProperty('frame');
  });
});

/** Mean difference of two pictures, of 255; more than this is another picture, another range or another matrix. */
const ALIKE = 4;
/** An MPEG program stream has no index: the engines find different key frames. */
const SOUGHT_DIFFERENTLY = ['syn-dvd-interlaced-sar.mpg'];

describe.skipIf(!isThere || !hasFfmpeg)('both engines', () => {
  const comparable = files.filter((name) => !(name in REFUSED) && !SOUGHT_DIFFERENTLY.includes(name));

  test.each(comparable)('show the same of %s', async (name) => {
    const { signal } = new AbortController();
    const keyFrames: (VideoFrame | undefined)[] = [];
    const sizes: Size[] = [];
    for (const engine of ['native', 'cli'] as const) {
      const frames = await createFrameSource({ engine, searchPath });
      const video = await frames.open(join(folder, name), signal);
      const { width, height } = video.shownSize;
      sizes.push(video.shownSize);
      // Not a share of the duration: containers leave that to be guessed.
      keyFrames.push(await video.keyFrame(0.5, { width: 64, height: Math.round((64 * height) / width) }));
      await video.close();
    }

    const [native, cli] = keyFrames;
    expect(sizes[1]).toEqual(sizes[0]);
    expect(cli === undefined).toBe(native === undefined);
    if (native === undefined || cli === undefined) return;
    expect(Math.abs(cli.atSeconds - native.atSeconds)).toBeLessThan(0.2);
    expect(meanDifference(native.picture.data, cli.picture.data)).toBeLessThan(ALIKE);
  });
});

function meanDifference(one: Uint8Array, other: Uint8Array): number {
  const sum = one.reduce((total, value, index) => total + Math.abs(value - (other[index] ?? 255)), 0);
  return one.length === other.length ? sum / one.length : Number.POSITIVE_INFINITY;
}
