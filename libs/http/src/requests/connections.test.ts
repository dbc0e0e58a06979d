import type { JobStore } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { type ServedApi, serveApi, videoHead } from '../../fixtures/serve-api.ts';

/** As long as a client that is still sending may do so once it was answered. */
const LINGER_MS = 2_000;
/** As long as a client may send next to nothing. */
const WINDOW_MS = 30_000;

const requestOf = ({ host }: ServedApi, line: string, headers = '') =>
  `${line} HTTP/1.1\r\n${host}${headers}\r\n`;
const LENGTH = 'Content-Length: 1000000\r\n';
const JOB = '0198c0de-0000-7000-8000-000000000001';

test.each([
  ['an answer that needs no body', 'GET /health/live', LENGTH, 200],
  ['an address that cannot be read', 'POST /%zz', LENGTH, 400],
  ['an address that is not there', 'POST /nowhere', `${LENGTH}Content-Type: application/json\r\n`, 404],
  ['an expectation that nobody meets', 'POST /v1/videos', `${LENGTH}Expect: miracles\r\n`, 400],
])('a client that sends its body by drops is cut off after %s', async (_name, line, headers, status) => {
  const clock = createManualClock();
  const api = await serveApi({ clock });
  const talk = api.talk(requestOf(api, line, headers), 'x');
  const answer = await talk.until(/\r\n\r\n[\s\S]*\}/);
  await clock.advance(LINGER_MS);

  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer.toLowerCase()).toContain('connection: close');
  expect(answer.toLowerCase()).toContain('x-content-type-options: nosniff');
  await talk.closed();
});

test('a client that never ends its side is closed all the same when what it sent is no HTTP', async () => {
  const api = await serveApi();
  const answer = await api.talk('garbage\r\n\r\n').closed();

  expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"REQUEST_INVALID"/);
  expect(answer.toLowerCase()).toContain('x-content-type-options: nosniff');
});

test('an upload that comes by drops is cut off, one that comes steadily is not', async () => {
  const clock = createManualClock();
  const api = await serveApi({ clock });
  const headers = `${LENGTH}Content-Type: video/mp4\r\n`;
  const slow = api.talk(requestOf(api, 'POST /v1/videos', headers), 'x');
  const steady = api.talk(requestOf(api, 'POST /v1/videos', headers), videoHead);
  await fetch(`${api.url}/health/live`);
  steady.write(Buffer.alloc(40_000));
  await fetch(`${api.url}/health/live`);
  await clock.advance(WINDOW_MS);

  expect(await slow.closed()).toBe('');
  steady.end();
  expect(await steady.closed()).toContain('"code":"UPLOAD_INTERRUPTED"');
});

test('nothing is written into an answer that has begun', async () => {
  const api = await serveApi({
    host: (app) =>
      app.get('/slow', (_request, reply) => {
        reply.raw.write('begun');
      }),
  });
  const talk = api.talk(requestOf(api, 'GET /slow'));
  await talk.until(/begun/);
  talk.write('garbage\r\n\r\n');
  const answer = await talk.closed();

  expect(answer).not.toContain('400');
});

test.each([
  ['an absolute target', 'GET http://elsewhere.example/health/live HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['two hosts', 'GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
  ['no host', 'GET /health/live HTTP/1.1\r\n\r\n', 400],
  [
    'another transfer encoding',
    'POST /v1/mails HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    400,
  ],
  ['101 headers', `GET /health/live HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(100)}\r\n`, 431],
])(
  'a request with %s is refused, and nothing is done for what follows on its connection',
  async (_name, head, status) => {
    const asked: string[] = [];
    const store: Pick<JobStore, 'get' | 'status'> = {
      get: async (id) => void asked.push(id),
      status: () => ({ state: 'up' }),
    };
    const api = await serveApi({ store: store as JobStore });
    const answer = await api.talk(`${head}GET /v1/jobs/${JOB} HTTP/1.1\r\nHost: a\r\n\r\n`).closed();
    // What the server has begun, it ends first.
    await api.app.close();

    expect(answer).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*"code":"(REQUEST_INVALID|HEADERS_TOO_LARGE)"`),
    );
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(asked).toEqual([]);
  },
);

const EXPECT = 'Expect: 100-continue\r\nContent-Length: 8\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const VIDEO_TYPE = 'Content-Type: video/mp4\r\n';

test.each([
  ['an unknown query', 'POST /v1/videos?queue=x', EXPECT + VIDEO_TYPE, 422],
  ['a bad address', 'POST /v1/videos?notify=nobody', EXPECT + VIDEO_TYPE, 422],
  ['another media type', 'POST /v1/videos', `${EXPECT}Content-Type: text/html\r\n`, 415],
  ['a bad digest', 'POST /v1/videos', `${EXPECT + VIDEO_TYPE}Content-Digest: md5=:AAAA:\r\n`, 400],
  ['an address that is not there', 'POST /v1/nowhere', EXPECT + JSON_TYPE, 404],
  ['a method that is not taken', 'PUT /v1/mails', EXPECT + JSON_TYPE, 405],
  ['too much JSON', 'POST /v1/mails', `Expect: 100-continue\r\nContent-Length: 9999999\r\n${JSON_TYPE}`, 413],
])('a client that waits with its body is not told to go on with %s', async (_name, line, headers, status) => {
  const api = await serveApi();
  const answer = await api.talk(requestOf(api, line, headers)).until(/\}/);

  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
});

test('a client that waits with its body is told to go on when it is wanted, also by a route of a host app', async () => {
  const api = await serveApi({ host: (app) => app.post('/mine', async ({ body }) => ({ body })) });
  const talk = api.talk(requestOf(api, 'POST /mine', EXPECT + JSON_TYPE));
  await talk.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  talk.write('{"a": 1}');

  expect(await talk.until(/\}\}$/)).toMatch(/HTTP\/1\.1 200 OK[\s\S]*\{"body":\{"a":1\}\}$/);
});

test('each request is logged with the address it came from, whatever it says of itself', async () => {
  const api = await serveApi();
  await fetch(`${api.url}/v1/nothing`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  await fetch(`${api.url}/health/live`);

  expect(api.lines.length).toBeGreaterThan(1);
  for (const line of api.lines) expect(line).toMatchObject({ peer: '127.0.0.1' });
});

test('a request with thousands of faults is logged in a short line', async () => {
  const api = await serveApi();
  const body = JSON.stringify({
    to: ['x'.repeat(200_000)],
    ...Object.fromEntries(Array.from({ length: 9_000 }, (_, n) => [`k${n}`, 1])),
  });
  const response = await fetch(`${api.url}/v1/mails`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });

  expect(response.status).toBe(422);
  expect(JSON.stringify(api.lines).length).toBeLessThan(4_000);
});
