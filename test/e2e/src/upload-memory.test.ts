import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type Installation, makeFolder, startApi } from './start-apps.ts';

const UPLOAD_BYTES = 1_000_000_000;
const CHUNK_BYTES = 1_000_000;
/** From this version of Node on, V8 collects buffers that were read only once they take 64 MiB. */
const LATE_COLLECTION = 24;
/** What the upload may add to the memory of the process, in millions of bytes. */
const ALLOWED_MB = Number.parseInt(process.versions.node, 10) >= LATE_COLLECTION ? 128 : 64;

/** Begins as an MP4 does, and goes on as nothing that could be compressed or kept. */
async function* largeVideo() {
  const first = Buffer.alloc(CHUNK_BYTES, 7);
  first.write('\0\0\0\x18ftypmp42', 'latin1');
  yield first;
  for (let sent = CHUNK_BYTES; sent < UPLOAD_BYTES; sent += CHUNK_BYTES) {
    yield Buffer.allocUnsafe(CHUNK_BYTES).fill(sent / CHUNK_BYTES);
  }
}

/** The most memory that a process has had so far, in bytes. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

const isLinux = process.platform === 'linux';

test.skipIf(!isLinux)('an upload of a gigabyte adds little to the memory of the API', async () => {
  await using folder = await makeFolder();
  const installation: Installation = { dataDir: folder.path, amqpUrl: 'embedded:', smtpUrl: 'capture:' };
  await using api = await startApi(installation);
  // What any first upload brings into memory is not what this one holds.
  await api.client.upload(Buffer.from('not a video'));
  const before = await peakOf(api.app.pid);

  const accepted = await fetch(`${api.client.url}/v1/videos`, {
    method: 'POST',
    headers: { 'content-type': 'video/mp4' },
    body: ReadableStream.from(largeVideo()),
    duplex: 'half',
  } as RequestInit);

  const added = (await peakOf(api.app.pid)) - before;
  process.stdout.write(`An upload of 1 GB added ${(added / 1e6).toFixed(0)} MB at its peak.\n`);
  expect(accepted.status).toBe(202);
  expect(await api.client.get(accepted.headers.get('location') ?? '').then((it) => it.json())).toMatchObject({
    sizeBytes: UPLOAD_BYTES,
  });
  expect(added).toBeLessThan(ALLOWED_MB * 1e6);
});
