import type { JobClient } from '@leveret/client';
import { LeveretError } from '@leveret/core';
import { expect, test } from 'vitest';
import { createMemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { serveApi, videoHead } from '../../fixtures/serve-api.ts';

const SOURCE = /^sources\/[0-9a-f-]{36}$/;
const NOTE = /^leveret-pending\/sources\/[0-9a-f-]{36}$/;

/** Uploads a video whose job is enqueued by `enqueue`. */
async function upload(enqueue: () => Promise<void>) {
  const files = new Map<string, Buffer>();
  let whileEnqueued: readonly string[] = [];
  const jobs: Pick<JobClient, 'enqueue'> = {
    async enqueue(_definition, _payload, { id = '' } = {}) {
      whileEnqueued = [...files.keys()].sort();
      await enqueue();
      return { id, isNew: undefined };
    },
  };
  const { url } = await serveApi({ blobs: createMemoryBlobs(files), jobs: jobs as JobClient });
  const response = await fetch(`${url}/v1/videos`, {
    method: 'POST',
    headers: { 'content-type': 'video/mp4' },
    body: new Uint8Array(videoHead),
  });
  return { status: response.status, whileEnqueued, keys: [...files.keys()].sort() };
}

test('a source that is not enqueued yet has a note in storage, which is gone when the upload is answered', async () => {
  const { status, whileEnqueued, keys } = await upload(async () => undefined);

  expect(whileEnqueued).toEqual([expect.stringMatching(NOTE), expect.stringMatching(SOURCE)]);
  expect([status, keys]).toEqual([202, [expect.stringMatching(SOURCE)]]);
});

test('a source whose job may not exist keeps its note', async () => {
  const { status, keys } = await upload(() =>
    Promise.reject(new LeveretError('ENQUEUE_UNAVAILABLE', 'no answer', { details: { outcome: 'unknown' } })),
  );

  expect([status, keys]).toEqual([503, [expect.stringMatching(NOTE), expect.stringMatching(SOURCE)]]);
});

test('nothing is left of a source whose job is refused', async () => {
  const { status, keys } = await upload(() =>
    Promise.reject(
      new LeveretError('ENQUEUE_UNAVAILABLE', 'both away', { details: { outcome: 'not-stored' } }),
    ),
  );

  expect([status, keys]).toEqual([503, []]);
});
