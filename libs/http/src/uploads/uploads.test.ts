import { type BlobStore, LeveretError } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createMemoryBlobs } from '../../fixtures/memory-blobs.ts';
import { FILE_PART, formOf, type ServedApi, serveApi, videoHead } from '../../fixtures/serve-api.ts';

const LIMIT_BYTES = 100_000;
/** Longer than a parser may take for nothing. */
const STALL_MS = 10_000;
/** As long as a client that is still sending may do so once it was answered. */
const LINGER_MS = 2_000;

const video = Buffer.concat([videoHead, Buffer.alloc(50_000)]);

function postForm({ host, talk }: ServedApi, body: Buffer, contentLength = body.length) {
  const head = `POST /v1/videos HTTP/1.1\r\n${host}Content-Type: multipart/form-data; boundary=BB\r\n`;
  return talk(`${head}Content-Length: ${contentLength}\r\n\r\n`, body);
}

function chunkOf(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

test('a form with one file is an upload', async () => {
  const api = await serveApi();
  const answer = await postForm(api, formOf([FILE_PART, video])).until(/\}$/);

  expect(answer).toMatch(/^HTTP\/1\.1 202 /);
  expect([...api.files.values()].map((file) => file.equals(video))).toEqual([true]);
});

test.each([
  ['a field without a name', 'Content-Disposition: form-data', 'x'],
  ['a file without a name', 'Content-Disposition: form-data; filename="a.mp4"', video],
  ['a field', 'Content-Disposition: form-data; name="title"', 'x'],
  ['a field that would reach a prototype', 'Content-Disposition: form-data; name="__proto__"', 'x'],
])('a form with %s is refused', async (_name, head, body) => {
  const api = await serveApi();
  const answer = await postForm(api, formOf([head, body])).until(/\}$/);

  expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"REQUEST_INVALID"/);
  expect(api.files.size).toBe(0);
});

test.each([
  ['no disposition', 'X: y', video],
  ['another disposition', 'Content-Disposition: attachment; filename="a.mp4"', video],
  ['a head of 100 kB', `X: ${'y'.repeat(100_000)}\r\n${FILE_PART}`, video],
  ['a text of half a megabyte', 'Content-Disposition: form-data; name="x"', 'y'.repeat(500_000)],
  ['a line break in its file name', 'Content-Disposition: form-data; name="f"; filename="a\nb"', video],
])('a form whose part has %s does not hold the connection', async (_name, head, body) => {
  const clock = createManualClock();
  const api = await serveApi({ clock });
  const talk = postForm(api, formOf([head, body]));
  for (const _turn of [1, 2]) {
    // What was sent before has arrived when this is answered.
    await fetch(`${api.url}/health/live`);
    await clock.advance(STALL_MS);
  }

  expect(await talk.until(/\}$/)).toMatch(
    /^HTTP\/1\.1 4(00|22) [\s\S]*"code":"(REQUEST_INVALID|UPLOAD_EMPTY)"/,
  );
  expect(api.files.size).toBe(0);
});

const filler = Buffer.alloc(65_536, 'x');
const file = Buffer.concat([Buffer.from(`--BB\r\n${FILE_PART}\r\n\r\n`), video]);

test.each([
  ['before the first part', Buffer.alloc(0)],
  ['behind the last part', Buffer.concat([file, Buffer.from('\r\n--BB--\r\n')])],
  [
    'in a part behind the file',
    Buffer.concat([file, Buffer.from('\r\n--BB\r\nContent-Disposition: form-data; name="x"\r\n\r\n')]),
  ],
  ['in the head of a part', Buffer.from('--BB\r\nX: ')],
  ['in the file', file],
])('a form without end is cut at the limit: %s', async (_name, beginning) => {
  const clock = createManualClock();
  const api = await serveApi({ clock, uploadLimitBytes: LIMIT_BYTES });
  const head = `POST /v1/videos HTTP/1.1\r\n${api.host}Content-Type: multipart/form-data; boundary=BB\r\n`;
  const talk = api.talk(`${head}Transfer-Encoding: chunked\r\n\r\n`);
  if (beginning.length > 0) talk.write(chunkOf(beginning));
  for (let sentBytes = 0; sentBytes < 20 * LIMIT_BYTES; sentBytes += filler.length)
    talk.write(chunkOf(filler));
  const answer = await talk.until(/\}/);

  expect(answer).toMatch(/^HTTP\/1\.1 4(00|13) [\s\S]*"code":"(UPLOAD_TOO_LARGE|REQUEST_INVALID)"/);
  await clock.advance(LINGER_MS);
  await talk.closed();
  expect(api.files.size).toBe(0);
});

test('a malformed form that is still arriving is malformed, not interrupted', async () => {
  const api = await serveApi();
  const body = formOf([FILE_PART, 'not a video'], ['Content-Disposition: form-data; name="x"', 'y']);
  const answer = await postForm(api, Buffer.concat([body, Buffer.alloc(10)]), 500_000).until(/\}/);

  expect(answer).toMatch(/"code":"(UPLOAD_TYPE_UNSUPPORTED|REQUEST_INVALID)"/);
});

test('a form that is refused with its file unread is answered, however much is still to come', async () => {
  const api = await serveApi({ uploadLimitBytes: 2_000_000 });
  const notAVideo = Buffer.alloc(1_500_000, 'x');
  const talk = postForm(api, formOf([FILE_PART, notAVideo]));

  expect(await talk.until(/\}/)).toMatch(/^HTTP\/1\.1 415 [\s\S]*"code":"UPLOAD_TYPE_UNSUPPORTED"/);
});

test('an upload whose client ends its side half-way is told that it was interrupted', async () => {
  const api = await serveApi();
  const talk = api.talk(
    `POST /v1/videos HTTP/1.1\r\n${api.host}Content-Type: video/mp4\r\nContent-Length: 999999\r\n\r\n`,
    video,
  );
  await fetch(`${api.url}/health/live`);
  talk.end();

  expect(await talk.until(/\}$/)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"UPLOAD_INTERRUPTED"/);
  expect(api.files.size).toBe(0);
});

test('an upload for which there is no room is refused from what it says of its size, before it is sent', async () => {
  const blobs = createMemoryBlobs(new Map());
  const roomBytes = 500_000;
  const put: BlobStore['put'] = (key, bytes, options) => {
    if ((options?.newWork?.expectedBytes ?? 0) <= roomBytes) return blobs.put(key, bytes, options);
    return Promise.reject(new LeveretError('STORAGE_FULL', 'the disk is nearly full'));
  };
  const api = await serveApi({ blobs: { ...blobs, put } });
  const upload = (sizeBytes: number) =>
    api.talk(
      `POST /v1/videos HTTP/1.1\r\n${api.host}Content-Type: video/mp4\r\nContent-Length: ${sizeBytes}\r\n\r\n`,
      video,
    );

  const refused = await upload(roomBytes + 1).until(/\}$/);

  expect(refused).toMatch(/^HTTP\/1\.1 507 [\s\S]*retry-after: \d+[\s\S]*"code":"STORAGE_FULL"/i);
  expect(await upload(video.length).until(/\}$/)).toMatch(/^HTTP\/1\.1 202 /);
});
