import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HttpClient, readClip } from './http-client.ts';
import { makeFolder, type RunningServer, startStandalone, type TestFolder } from './start-apps.ts';

const LIMIT_BYTES = 200_000;

let folder: TestFolder;
let server: RunningServer;
let client: HttpClient;
beforeAll(async () => {
  folder = await makeFolder();
  server = await startStandalone(folder.path, { LEVERET_UPLOAD_LIMIT_BYTES: String(LIMIT_BYTES) });
  await server.app.until(/took/);
  client = server.client;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** The problem that a request is answered with, in the form that all problems have. */
async function problemOf(answer: Promise<Response>): Promise<Problem> {
  const response = await answer;
  const problem = (await response.json()) as Problem;
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(problem).toEqual({
    type: expect.any(String),
    title: expect.any(String),
    status: response.status,
    code: expect.any(String),
    detail: expect.any(String),
    instance: expect.any(String),
    requestId: expect.any(String),
  });
  return problem;
}

/** Files of uploads that are under way, or were left behind. */
const incoming = () => readdir(join(folder.path, 'blobs', 'incoming'));

test('an empty body is no upload', async () => {
  expect(await problemOf(client.upload(new Uint8Array()))).toMatchObject({
    status: 422,
    code: 'UPLOAD_EMPTY',
  });
  expect(await incoming()).toEqual([]);
});

test('a text named .mp4 is refused by its first bytes', async () => {
  const form = new FormData();
  form.append('file', new Blob(['#!/bin/sh\necho a video\n'], { type: 'video/mp4' }), 'film.mp4');

  const asForm = await problemOf(fetch(`${client.url}/v1/videos`, { method: 'POST', body: form }));
  const asBody = await problemOf(client.upload(Buffer.from('hello, I am a video')));

  expect([asForm.code, asBody.code]).toEqual(['UPLOAD_TYPE_UNSUPPORTED', 'UPLOAD_TYPE_UNSUPPORTED']);
  expect(await incoming()).toEqual([]);
});

test('an upload over the limit is refused, whether or not it says so beforehand', async () => {
  const clip = await readClip();
  const large = Buffer.concat([clip, Buffer.alloc(LIMIT_BYTES)]);
  async function* pieces() {
    for (let at = 0; at < large.length; at += 10_000) yield large.subarray(at, at + 10_000);
  }

  const announced = await problemOf(client.upload(large));
  const streamed = await problemOf(
    fetch(`${client.url}/v1/videos`, {
      method: 'POST',
      headers: { 'content-type': 'video/mp4' },
      body: ReadableStream.from(pieces()),
      duplex: 'half',
    } as RequestInit),
  );

  expect(announced).toMatchObject({ status: 413, code: 'UPLOAD_TOO_LARGE' });
  expect(streamed).toMatchObject({ status: 413, code: 'UPLOAD_TOO_LARGE' });
  expect(await incoming()).toEqual([]);
});

test('three gigabytes announced to a server of two are refused before they are sent', async () => {
  const upload = request(`${client.url}/v1/videos`, {
    method: 'POST',
    headers: { 'content-type': 'video/mp4', 'content-length': String(3 * 2 ** 30) },
  });
  upload.on('error', () => undefined);
  upload.flushHeaders();

  const [response] = (await once(upload, 'response')) as [{ readonly statusCode: number; destroy(): void }];
  response.destroy();
  upload.destroy();

  expect(response.statusCode).toBe(413);
});

test('a client that hangs up half-way leaves nothing behind', async () => {
  const clip = await readClip();
  const upload = request(`${client.url}/v1/videos`, {
    method: 'POST',
    headers: { 'content-type': 'video/mp4', 'content-length': String(clip.length) },
  });
  upload.on('error', () => undefined);
  upload.write(clip.subarray(0, clip.length / 2));
  while ((await incoming()).length === 0) await client.get('/health/live');

  upload.destroy();
  while ((await incoming()).length > 0) await client.get('/health/live');

  expect((await client.get('/health/ready')).status).toBe(200);
});

test('a video that was cut off is accepted as one, then fails for good with its reason', async () => {
  const clip = await readClip();
  const accepted = await client.upload(clip.subarray(0, 600));
  const { id, jobId } = (await accepted.json()) as { readonly id: string; readonly jobId: string };

  expect(await client.video(id)).toMatchObject({
    state: 'failed',
    failure: { code: expect.stringMatching(/^VIDEO_/) },
    thumbnails: [],
  });
  expect(await client.job(jobId)).toMatchObject({ state: 'dead', attempt: 1 });
});

test.each([
  {
    what: 'an unknown field',
    body: { to: ['a@example.com'], subject: 's', text: 't', priority: 'high' },
    names: 'priority',
  },
  { what: 'a wrong type', body: { to: 'a@example.com', subject: 's', text: 't' }, names: 'to' },
  {
    what: 'a malformed address',
    body: { to: ['a@example.com', 'not an address'], subject: 's', text: 't' },
    names: 'to.1',
  },
  {
    what: 'a line break in the subject',
    body: { to: ['a@example.com'], subject: 's\r\nBcc: b@example.com', text: 't' },
    names: 'subject',
  },
  { what: 'nothing to read', body: { to: ['a@example.com'], subject: 's' }, names: 'text' },
])('a mail with $what is refused, and the field is named', async ({ body, names }) => {
  const problem = await problemOf(client.post('/v1/mails', body));

  expect(problem.status).toBe(422);
  expect(problem.detail).toContain(names);
});

test('what is not JSON is refused as such', async () => {
  const send = (body: string, type = 'application/json') =>
    problemOf(fetch(`${client.url}/v1/mails`, { method: 'POST', headers: { 'content-type': type }, body }));

  expect((await send('{"to":')).code).toBe('REQUEST_INVALID');
  expect((await send('to=a@example.com', 'application/x-www-form-urlencoded')).code).toBe(
    'MEDIA_TYPE_UNSUPPORTED',
  );
});

test.each([
  { path: '/v1/jobs/01900000-0000-7000-8000-000000000000', status: 404, code: 'JOB_NOT_FOUND' },
  { path: '/v1/videos/01900000-0000-7000-8000-000000000000', status: 404, code: 'VIDEO_NOT_FOUND' },
  { path: '/v1/jobs/not-an-id', status: 404, code: 'JOB_NOT_FOUND' },
  { path: '/v1/nothing', status: 404, code: 'ROUTE_UNKNOWN' },
])('$path is answered with $code', async ({ path, status, code }) => {
  expect(await problemOf(client.get(path))).toMatchObject({ status, code });
});

test('a kind that is not there, a payload that does not fit and a delay beyond bounds are refused', async () => {
  expect(await problemOf(client.post('/v1/jobs/no.such.kind', { payload: {} }))).toMatchObject({
    status: 404,
    code: 'JOB_KIND_UNKNOWN',
  });
  expect(await problemOf(client.post('/v1/jobs/mail.send', { payload: { to: [] } }))).toMatchObject({
    status: 422,
  });
  expect(
    (await problemOf(client.post('/v1/jobs/mail.send', { payload: {}, delayMs: -1 }))).status,
  ).toBeGreaterThanOrEqual(400);
});

test('a page of another site, and a name that is not this server, are refused', async () => {
  const fromAfar = fetch(`${client.url}/v1/mails`, {
    method: 'POST',
    headers: { origin: 'https://evil.example', 'content-type': 'application/json' },
    body: '{}',
  });
  const rebound = new Promise<number>((resolve, reject) => {
    request(`${client.url}/health/live`, { headers: { host: 'evil.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });

  expect((await problemOf(fromAfar)).code).toBe('ORIGIN_REFUSED');
  expect(await rebound).toBe(403);
});
