import { jobBlobsOf, retryDelayMs } from '@leveret/core';
import { expect, test } from 'vitest';
import { mailSend } from './mail-send.ts';
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

test('a video refers to its source and its pictures, and a mail to its attachments', () => {
  const sha256 = 'ab'.repeat(32);
  const attachment = {
    blobKey: `thumbnails/${sha256}/640.jpeg`,
    fileName: 'a.jpg',
    contentType: 'image/jpeg',
  };

  expect(jobBlobsOf(videoThumbnails, { sourceKey: 'sources/1', sha256, sizeBytes: 1 }, '1')).toEqual([
    'sources/1',
    `thumbnails/${sha256}/`,
  ]);
  expect(jobBlobsOf(mailSend, { attachments: [attachment] }, '1')).toEqual([attachment.blobKey]);
  expect(jobBlobsOf(mailSend, {}, '1')).toEqual([]);
});
