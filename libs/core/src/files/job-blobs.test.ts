import { expect, test } from 'vitest';
import * as z from 'zod';
import { defineJob } from '../job/job.ts';
import { isJobBlob, jobBlobsOf, MAX_JOB_BLOBS, placesOf } from './job-blobs.ts';

const payload = z.object({ keys: z.array(z.string()) });
const withBlobs = defineJob({
  kind: 'video.cut',
  queue: 'video',
  payload,
  blobs: ({ keys }, jobId) => [...keys, `cuts/${jobId}/`],
});

test.each(['a', 'sources/1', 'thumbnails/ab/', 'a/.b/c_d-e.mp4', 'a'.repeat(200)])(
  '%s can be referred to',
  (key) => {
    expect(isJobBlob(key)).toBe(true);
  },
);

test.each([
  '',
  '/',
  '/a',
  'a//b',
  '.',
  'a/../b',
  'a/./',
  'a b',
  '~a',
  'ä',
  'a'.repeat(201),
  'a/'.repeat(251),
  1,
])('%j cannot be referred to', (key) => {
  expect(isJobBlob(key)).toBe(false);
});

test('a file is in its folders', () => {
  expect(placesOf('a/b/c.webp')).toEqual(['a/b/c.webp', 'a/', 'a/b/']);
  expect(placesOf('a')).toEqual(['a']);
});

test('a job refers to what its definition says, each once', () => {
  expect(jobBlobsOf(withBlobs, { keys: ['sources/1', 'sources/1'] }, '7')).toEqual(['sources/1', 'cuts/7/']);
});

test('a job of a kind that says nothing refers to nothing', () => {
  const definition = defineJob({ kind: 'mail.send', queue: 'mail', payload });

  expect(jobBlobsOf(definition, { keys: ['a'] }, '7')).toEqual([]);
});

test.each([
  ['a key that is none', ['a b'], 'has no valid key'],
  ['too many', Array.from({ length: MAX_JOB_BLOBS }, (_, index) => `a${index}`), 'the limit is 64'],
])('%s is refused', (_name, keys, message) => {
  expect(() => jobBlobsOf(withBlobs, { keys }, '7')).toThrow(
    expect.objectContaining({ code: 'PAYLOAD_INVALID', message: expect.stringContaining(message) }),
  );
});
