import { retryDelayMs } from '@leveret/core';
import { expect, test } from 'vitest';
import { videoThumbnails } from './video-thumbnails.ts';

test.each([
  ['the shortest', 0, 64],
  ['the longest', 1, 128],
])('with %s waits, a video is tried for over an hour and not for a day', (_, chance, minutes) => {
  const { retry } = videoThumbnails;
  const waits = Array.from({ length: retry.attempts - 1 }, (_, n) =>
    retryDelayMs(n + 1, retry, () => chance),
  );
  const spanMs = waits.reduce((total, waitMs) => total + waitMs, 0);

  expect(Math.floor(spanMs / 60_000)).toBe(minutes);
});
