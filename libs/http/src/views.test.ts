import { defineJob, exponentialBackoff, type JobRecord } from '@leveret/core';
import { mailSend, videoThumbnails } from '@leveret/jobs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { serveApi } from '../fixtures/serve-api.ts';
import { exposeJob } from './jobs/public-job.ts';

const id = '01900000-0000-7000-8000-000000000000';
const payload = { sourceKey: `sources/${id}`, sha256: 'ab'.repeat(32), sizeBytes: 9 };

function recordOf(fields: Partial<JobRecord>): ReadonlyMap<string, JobRecord> {
  const record: JobRecord = {
    id,
    kind: videoThumbnails.kind,
    queue: 'video',
    state: 'running',
    attempt: 1,
    maxAttempts: 4,
    settledAttempt: 0,
    createdAt: 1,
    updatedAt: 1,
    ...fields,
  };
  return new Map([[id, record]]);
}

async function answerOf(path: string, options: Parameters<typeof serveApi>[0]) {
  const { url } = await serveApi(options);
  const response = await fetch(`${url}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, response };
}

test('a video whose payload has not reached the ledger yet is there in a moment', async () => {
  const { status, body, response } = await answerOf(`/v1/videos/${id}`, { records: recordOf({}) });

  expect([status, body['code']]).toEqual([503, 'STORE_UNAVAILABLE']);
  expect(response.headers.get('retry-after')).toBe('5');
});

test('a job of that kind about no video is no video', async () => {
  const { status, body } = await answerOf(`/v1/videos/${id}`, {
    records: recordOf({ payload: { other: 1 } }),
  });

  expect([status, body['code']]).toEqual([404, 'VIDEO_NOT_FOUND']);
});

test.each([`/v1/jobs/${id}`, `/v1/videos/${id}`])(
  '%s tells in full what is wrong with a video',
  async (path) => {
    const failure = { code: 'VIDEO_UNDECODABLE', message: 'no picture in 3 s' } as const;
    const { body } = await answerOf(path, { records: recordOf({ state: 'dead', payload, failure }) });

    expect(body).toMatchObject({ failure });
  },
);

test.each([`/v1/jobs/${id}`, `/v1/videos/${id}`])(
  '%s tells of a failure whose code only a newer worker knows',
  async (path) => {
    const failure = { code: 'MOON_FULL' as never, message: 'at db.internal' };
    const { status, body } = await answerOf(path, { records: recordOf({ state: 'dead', payload, failure }) });

    expect(status).toBe(200);
    expect(body).toMatchObject({ failure: { code: 'MOON_FULL', message: expect.stringContaining('newer') } });
  },
);

test.each([`/v1/jobs/${id}`, `/v1/videos/${id}`])('%s names no host when a worker failed', async (path) => {
  const failure = { code: 'HANDLER_FAILED', message: 'connect ECONNREFUSED db.internal:5432' } as const;
  const { body } = await answerOf(path, { records: recordOf({ state: 'dead', payload, failure }) });

  expect(body).toMatchObject({ failure: { code: 'HANDLER_FAILED', message: 'The handler threw an error.' } });
  expect(JSON.stringify(body)).not.toContain('internal');
});

test.each([`/v1/jobs/${id}`, `/v1/videos/${id}`])('%s shows no stack and no cause', async (path) => {
  const failure = {
    code: 'VIDEO_UNDECODABLE',
    message: 'no frame',
    name: 'DecodeError',
    stack: 'at decode (/srv/app/decode.js:7:1)',
    causes: [{ name: 'Error', message: 'open /srv/blobs/7', code: 'ENOENT' }],
    errorCode: 'ENOENT',
  } as const;
  const { body } = await answerOf(path, { records: recordOf({ state: 'dead', payload, failure }) });

  expect(body['failure']).toEqual({ code: 'VIDEO_UNDECODABLE', message: 'no frame' });
  expect(JSON.stringify(body)).not.toMatch(/srv|ENOENT|DecodeError/);
});

const counted = defineJob({
  kind: 'counted',
  queue: 'counted',
  payload: z.object({}),
  retry: exponentialBackoff({ attempts: 1, firstDelayMs: 1_000, maxDelayMs: 1_000 }),
  timeoutMs: 1_000,
});

test('of a result is shown what its kind shows, and nothing where it shows nothing', async () => {
  const result = { recipients: [{ recipient: 'hidden@example.com' }, { recipient: 'ann@example.com' }] };
  const publicJobs = new Map([
    [mailSend.kind, exposeJob(mailSend)],
    [counted.kind, exposeJob(counted, { viewResult: () => ({ isDone: true }) })],
  ]);
  const look = (kind: string) =>
    answerOf(`/v1/jobs/${id}`, { publicJobs, records: recordOf({ kind, state: 'succeeded', result }) });

  expect((await look(mailSend.kind)).body).not.toHaveProperty('result');
  expect((await look(videoThumbnails.kind)).body).not.toHaveProperty('result');
  expect((await look(counted.kind)).body).toMatchObject({ result: { isDone: true } });
});

test('an id that is very long is an id that is not there', async () => {
  const { status, body } = await answerOf(`/v1/jobs/${'a'.repeat(5_000)}`, {});

  expect([status, body['code']]).toEqual([404, 'JOB_NOT_FOUND']);
});
