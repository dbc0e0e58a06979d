import { expect, test } from 'vitest';
import type { OpenVideo, RgbPicture, VideoFrame } from '../engines/frame-source.ts';
import { pickFrame } from './pick-frame.ts';

const size = { width: 64, height: 36 };

function picture(colourAt: (x: number, y: number) => number): RgbPicture {
  const data = new Uint8Array(size.width * size.height * 3);
  for (let pixel = 0; pixel < size.width * size.height; pixel += 1) {
    data.fill(colourAt(pixel % size.width, Math.floor(pixel / size.width)), pixel * 3, pixel * 3 + 3);
  }
  return { ...size, data };
}

const black = picture(() => 0);
const white = picture(() => 255);
const scene = picture((x, y) => (x * 37 + y * 91 + ((x * y) % 13) * 29) % 256);

/** A video of a hundred seconds that shows, at each second, what `shows` says. */
function videoOf(
  shows: (atSeconds: number) => RgbPicture | undefined,
  samples: readonly VideoFrame[] = [],
): OpenVideo & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    shownSize: size,
    durationSeconds: 100,
    async keyFrame(atSeconds) {
      asked.push(atSeconds);
      const shown = shows(atSeconds);
      return shown === undefined ? undefined : { picture: shown, atSeconds };
    },
    async *samples() {
      yield* samples;
    },
    close: () => Promise.resolve(),
  };
}

const { signal } = new AbortController();

test('the first good frame is taken, and nothing more is decoded', async () => {
  const video = videoOf(() => scene);

  expect((await pickFrame(video, signal)).atSeconds).toBe(10);
  expect(video.asked).toEqual([10]);
});

test('black and white frames are passed over', async () => {
  const video = videoOf((at) => (at === 10 ? black : at === 25 ? white : scene));

  expect((await pickFrame(video, signal)).atSeconds).toBe(40);
});

test('when all key frames are black, the frames between them are looked at', async () => {
  const video = videoOf(
    () => black,
    [
      { picture: black, atSeconds: 0.5 },
      { picture: scene, atSeconds: 1 },
    ],
  );

  expect((await pickFrame(video, signal)).atSeconds).toBe(1);
});

test('a video that is black throughout shows black, early', async () => {
  expect(
    (
      await pickFrame(
        videoOf(() => black),
        signal,
      )
    ).atSeconds,
  ).toBe(10);
});

test('a video of which nothing can be decoded is told by its code', async () => {
  await expect(
    pickFrame(
      videoOf(() => undefined),
      signal,
    ),
  ).rejects.toMatchObject({ code: 'VIDEO_UNDECODABLE' });
});

test('an aborted choice stops at the next frame', async () => {
  const aborting = new AbortController();
  const video = videoOf(() => {
    aborting.abort(new Error('too late'));
    return black;
  });

  await expect(pickFrame(video, aborting.signal)).rejects.toThrow('too late');
  expect(video.asked).toHaveLength(1);
});
