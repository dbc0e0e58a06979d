import type { JobPicturesView } from '@leveret/http-contract/admin';
import { sampleEntry, sampleMessage } from '@leveret/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminBench, openAdminBench } from '../../../../fixtures/admin-bench.ts';
import { serveAdmin } from '../../../../fixtures/serve-admin.ts';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n then its pixels', 'latin1');
const WEBP = Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1');
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');

let bench: AdminBench;
beforeAll(async () => {
  bench = await openAdminBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** A job that refers to these files and folders. */
async function jobWith(...blobs: readonly string[]): Promise<string> {
  const [id = ''] = await bench.seed({ state: 'succeeded', entry: { blobs } });
  return id;
}

async function store(files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [key, bytes] of Object.entries(files)) await bench.blobs.put(key, once(bytes));
}

function picture(id: string, key: string, as = 'operator') {
  return bench.send('GET', `/jobs/${id}/picture`, { query: { key }, headers: { as } });
}

test('a job has the pictures among its files and in its folders, by their first bytes, the largest first', async () => {
  await store({ 'a/1.webp': WEBP, 'a/2.webp': PNG, 'a/evil.png': SVG, 'a/empty.png': Buffer.of(), b: WEBP });
  const id = await jobWith('a/', 'b', 'gone.png');

  expect(await bench.get<JobPicturesView>(`/jobs/${id}/pictures`)).toEqual({
    pictures: [
      { key: 'a/2.webp', contentType: 'image/png', sizeBytes: PNG.length },
      { key: 'a/1.webp', contentType: 'image/webp', sizeBytes: WEBP.length },
      { key: 'b', contentType: 'image/webp', sizeBytes: WEBP.length },
    ],
    isMore: false,
  });
});

test('a folder with many files is read up to a limit, and the answer says that there may be more', async () => {
  const files = Array.from({ length: 21 }, (_, number) => [`many/${number}.webp`, WEBP]);
  await store(Object.fromEntries(files) as Record<string, Uint8Array>);

  const { pictures, isMore } = await bench.get<JobPicturesView>(`/jobs/${await jobWith('many/')}/pictures`);

  expect([pictures.length, isMore]).toEqual([20, true]);
});

test('a picture is served as its first bytes say, and as a file that can load and run nothing', async () => {
  await store({ 'c/1.txt': PNG });

  const response = await picture(await jobWith('c/'), 'c/1.txt');

  expect(response.rawPayload).toEqual(PNG);
  expect(response.headers).toMatchObject({
    'content-type': 'image/png',
    'content-length': String(PNG.length),
    'content-disposition': 'inline',
    'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
});

test.each([
  ['of another job', 'other/1.webp'],
  ['of a folder whose name only begins so', 'mine2/1.webp'],
  ['that is no picture', 'mine/evil.webp'],
  ['that is gone', 'mine/gone.webp'],
  ['that is a folder', 'mine/'],
  ['outside the storage', 'mine/../other/1.webp'],
  ['without a name', ''],
])('a file %s is not served', async (_name, key) => {
  await store({ 'other/1.webp': WEBP, 'mine2/1.webp': WEBP, 'mine/evil.webp': SVG });
  await jobWith('other/');

  const response = await picture(await jobWith('mine/'), key);

  expect(response.json()).toMatchObject({ status: 404, code: 'BLOB_NOT_FOUND' });
});

test('pictures need the verb for payloads, and a job', async () => {
  await store({ 'd/1.webp': WEBP });
  const id = await jobWith('d/');

  expect((await picture(id, 'd/1.webp', 'viewer')).json()).toMatchObject({ code: 'FORBIDDEN' });
  expect((await picture(id, 'd/1.webp', 'nobody')).json()).toMatchObject({ code: 'UNAUTHENTICATED' });
  const unknown = '0198c0de-0000-7000-8000-00000000ffff';
  for (const path of [`/jobs/${unknown}/pictures`, `/jobs/${unknown}/picture?key=d/1.webp`])
    expect((await bench.send('GET', path)).json()).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' });
});

test('without blob storage no job has pictures', async () => {
  const { url, store: ledger } = await serveAdmin();
  const message = sampleMessage('mail');
  await ledger.accept([{ ...sampleEntry(message), blobs: ['a/'] }]);

  const list = await fetch(`${url}/v1/admin/jobs/${message.id}/pictures`);
  const one = await fetch(`${url}/v1/admin/jobs/${message.id}/picture?key=a/1.webp`);

  expect(await list.json()).toEqual({ pictures: [], isMore: false });
  expect(await one.json()).toMatchObject({ code: 'BLOB_NOT_FOUND' });
});
