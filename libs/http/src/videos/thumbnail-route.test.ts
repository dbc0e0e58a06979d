import type { JobRecord } from '@leveret/core';
import { expect, test } from 'vitest';
import { createMemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { serveApi } from '../../fixtures/serve-api.ts';

const id = '01900000-0000-7000-8000-000000000000';
const poster = { blobKey: 'thumbnails/a/640.webp', width: 640, height: 360, format: 'webp', sizeBytes: 10 };
const record: JobRecord = {
  id,
  kind: 'video.thumbnails',
  queue: 'video',
  state: 'succeeded',
  attempt: 1,
  maxAttempts: 4,
  settledAttempt: 1,
  createdAt: 1,
  updatedAt: 1,
  payload: { sourceKey: 's', sha256: 'ab'.repeat(32), sizeBytes: 9 },
  result: { posters: [poster], atSeconds: 1 },
};

async function ask(headers: Record<string, string>, method = 'GET') {
  const blobs = createMemoryBlobs(new Map([[poster.blobKey, Buffer.from('0123456789')]]));
  const { url } = await serveApi({ blobs, records: new Map([[id, record]]) });
  const path = `${url}/v1/videos/${id}/thumbnails/640.webp`;
  const tag = (await fetch(path)).headers.get('etag') ?? '';
  const withTag = Object.entries(headers).map(([name, value]) => [name, value.replace('TAG', tag)]);
  const response = await fetch(path, {
    method,
    headers: Object.fromEntries(withTag) as Record<string, string>,
  });
  return {
    status: response.status,
    length: response.headers.get('content-length'),
    range: response.headers.get('content-range'),
    text: await response.text(),
  };
}

test.each([
  ['no condition', {}, 200, '0123456789'],
  ['a part', { range: 'bytes=2-4' }, 206, '234'],
  ['a part of the same file', { range: 'bytes=2-4', 'if-range': 'TAG' }, 206, '234'],
  ['the file it has', { 'if-none-match': 'TAG' }, 304, ''],
  ['only the file it knows', { 'if-match': 'TAG' }, 200, '0123456789'],
  ['any file', { 'if-match': '*' }, 200, '0123456789'],
  ['another file', { 'if-match': '"other"', range: 'bytes=2-4' }, 412, ''],
])('whoever asks for %s gets it', async (_name, headers, status, text) => {
  expect(await ask(headers)).toMatchObject({ status, text });
});

test('beyond the end is nothing to get', async () => {
  expect(await ask({ range: 'bytes=10-' })).toMatchObject({ status: 416, range: 'bytes */10' });
});

test('to HEAD a range means nothing', async () => {
  expect(await ask({ range: 'bytes=2-4' }, 'HEAD')).toMatchObject({ status: 200, length: '10', range: null });
});
