import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDrivers, openLogin, startApi } from '@leveret/api';
import { BLOB_GRACE_MS, type Logger, PENDING_BLOB_MS, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { readClip } from './http-client.ts';
import { makeFolder, startStandalone } from './start-apps.ts';

const MINUTE_MS = 60_000;
const WEEK_MS = 604_800_000;
/** Widths and formats of the pictures of the clip. */
const PICTURE_COUNT = 6;

test('files that two videos share stay until both jobs are deleted, also if their folder is not mounted meanwhile', async () => {
  const folder = await makeFolder();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const [first, second] = await uploadTwice(folder.path);
  await leaveSource(join(folder.path, 'blobs'), 'left');
  await ageFiles(join(folder.path, 'blobs'));
  const later = await startApiLater(folder.path);
  const { store, clock, sources, pictures, warnings, untilFiles } = later;

  await store.control([{ action: 'retry', jobId: second, by: 'ann' }]);
  const mount = await unmount(join(folder.path, 'blobs'));
  await later.start();
  await untilFiles(async () => (await store.get(first)) === undefined && warnings.some(isAboutStorage));
  await mount();
  await untilFiles(async () => !(await sources()).includes(first));
  const kept = [await sources(), (await pictures()).length];
  await store.control([{ action: 'cancel', jobId: second, by: 'ann' }]);
  clock.stall(WEEK_MS);
  await untilFiles(async () => (await sources()).length === 0 && (await pictures()).length === 0);

  expect(await store.get(first)).toBeUndefined();
  expect(await store.get(second)).toBeUndefined();
  expect(kept).toEqual([[second], PICTURE_COUNT]);
});

/** The ids of two videos with the same content, the second one uploaded after the first one was ready. */
async function uploadTwice(dataDir: string): Promise<readonly [string, string]> {
  await using server = await startStandalone(dataDir);
  // It has uploaded the clip, too.
  await server.app.until(/took +\d+\.\d s from upload to mail/);
  const clip = await readClip();
  const upload = async () => {
    const { id } = (await (await server.client.upload(clip)).json()) as { readonly id: string };
    expect(await server.client.video(id)).toMatchObject({ state: 'ready' });
    return id;
  };
  const ids = [await upload(), await upload()] as const;
  server.app.signal('SIGTERM');
  await server.app.exited;
  return ids;
}

/** A source whose process died before it had enqueued the job. */
async function leaveSource(blobFolder: string, name: string): Promise<void> {
  for (const folder of ['sources', 'leveret-pending/sources']) {
    await mkdir(join(blobFolder, folder), { recursive: true });
    await writeFile(join(blobFolder, folder, name), '');
  }
}

/** Leaves an empty folder in the place of another. Resolves with how to undo that. */
async function unmount(folder: string): Promise<() => Promise<void>> {
  await rename(folder, `${folder}-away`);
  await mkdir(folder);
  return async () => {
    await rm(folder, { recursive: true });
    await rename(`${folder}-away`, folder);
  };
}

function isAboutStorage(warning: string): boolean {
  return warning.includes('"leveret-storage" is missing');
}

/** Makes the files older than any is kept without a job. */
async function ageFiles(blobFolder: string): Promise<void> {
  const past = (Date.now() - PENDING_BLOB_MS - MINUTE_MS) / 1_000;
  for (const { parentPath, name } of await readdir(blobFolder, { recursive: true, withFileTypes: true }))
    await utimes(join(parentPath, name), past, past);
}

/** The API on the same files, when every job that has succeeded by now is over 7 days old. It has a clock of its own. */
async function startApiLater(dataDir: string) {
  const clock = createManualClock(Date.now() + WEEK_MS + MINUTE_MS);
  const blobFolder = join(dataDir, 'blobs');
  const config = {
    broker: { kind: 'embedded' },
    storeFile: join(dataDir, 'leveret.db'),
    blobFolder,
    host: '127.0.0.1',
    port: 0,
    apiKeys: [],
    uploadLimitBytes: 1_000_000,
    retention: [],
    waitingLimits: { defaultMs: 300_000, byQueue: new Map() },
  } as const;
  const drivers = await openDrivers(config, silentLogger, clock);
  onTestFinished(() => drivers.close());
  const namesIn = async (name: string) => {
    const entries = await readdir(join(blobFolder, name), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  };
  const warnings: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: ({ error }) => void warnings.push(String(error)),
  };
  return {
    clock,
    store: drivers.store,
    warnings,
    sources: () => namesIn('sources'),
    pictures: () => namesIn('thumbnails'),
    async start(): Promise<void> {
      const adminAccess = await openLogin({ ...drivers, clock, say: () => undefined });
      const api = await startApi({ ...drivers, adminAccess, config, logger, clock });
      onTestFinished(() => api.stop(0));
    },
    /** Lets time pass until `isSo`, and then as long again as any file is kept after its last job. */
    async untilFiles(isSo: () => Promise<boolean>): Promise<void> {
      const isSoLater = async () => {
        await clock.advance(10 * MINUTE_MS);
        return await isSo();
      };
      await expect.poll(isSoLater, { timeout: 30_000 }).toBe(true);
      for (let passedMs = 0; passedMs < 2 * BLOB_GRACE_MS; passedMs += 10 * MINUTE_MS) await isSoLater();
    },
  };
}
