import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { showAgain, showFirstStart } from './first-start.ts';

/** A server that answers as `listener` does, and what is said about it. */
async function setUp(listener: RequestListener) {
  const dataDir = await mkdtemp(join(tmpdir(), 'leveret-first-start-'));
  const clip = join(dataDir, 'clip.mp4');
  await writeFile(clip, 'clip');
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(dataDir, { recursive: true });
  });
  const said: string[] = [];
  const controller = new AbortController();
  const options = {
    dataDir,
    mailFolder: join(dataDir, 'mail'),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clip,
    clock: systemClock,
    say: (line: string) => said.push(line),
    signal: controller.signal,
  };
  return { options, controller, said };
}

/** Does what the server would have done. */
const answers: RequestListener = (request, response) => {
  const isUpload = request.method === 'POST';
  const body = isUpload
    ? { id: 'v', jobId: 'j' }
    : { state: request.url?.startsWith('/v1/videos') ? 'ready' : 'succeeded', thumbnails: [{ url: '/t/1' }] };
  request.resume().on('end', () => response.writeHead(isUpload ? 202 : 200).end(JSON.stringify(body)));
};
const refuses: RequestListener = (request, response) => {
  request.resume().on('end', () => response.writeHead(500).end());
};

test('the first start shows the clip, and the second does not', async () => {
  const { options, said } = await setUp(answers);

  await showFirstStart(options);
  const first = said.splice(0);
  await showFirstStart(options);

  expect(first[0]).toContain('First start: sending a small clip');
  expect(first.at(-1)).toMatch(/took +\d+\.\d s from upload to mail/);
  expect(said).toEqual([]);
});

test('a demonstration that fails says so, does not reject, and is not tried at the next start', async () => {
  const { options, said } = await setUp(refuses);

  await showFirstStart(options);
  const first = said.splice(0).join('\n');
  await showFirstStart(options);

  expect(first).toContain('the upload was answered with 500');
  expect(first).toContain('The server runs all the same');
  expect(said).toEqual([]);
});

test('asked for, it is shown again, is no first start any more, and fails aloud', async () => {
  const { options, said } = await setUp(refuses);
  await showFirstStart(options);
  said.splice(0);

  await expect(showAgain(options)).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(said).toEqual(['Sending a small clip through upload, thumbnails and mail …']);
});

test('a demonstration that is cut off says nothing', async () => {
  const { options, controller, said } = await setUp(() => controller.abort());

  await showFirstStart(options);

  expect(said).toHaveLength(1);
});
