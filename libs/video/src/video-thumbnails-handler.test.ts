import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type BlobStore, type JobContext, silentLogger } from '@leveret/core';
import { createFileBlobStore } from '@leveret/storage';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { engines, systemPath as searchPath } from '../fixtures/engines.ts';
import { mailSend, type VideoThumbnailsPayload, validatePosters } from '../fixtures/jobs.ts';
import { createFrameSource } from './engines/create-frame-source.ts';
import { sampleClipPath } from './sample-clip.ts';
import { createVideoThumbnailsHandler } from './video-thumbnails-handler.ts';

const sha256 = digestOf(await readFile(sampleClipPath));
let folder: string;
let blobs: BlobStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leveret-video-'));
  blobs = await createFileBlobStore({ root: folder });
  await put('sources/clip', await readFile(sampleClipPath));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function put(key: string, bytes: Uint8Array): Promise<void> {
  await blobs.put(
    key,
    (async function* () {
      yield bytes;
    })(),
  );
}

interface Enqueued {
  readonly definition: unknown;
  readonly payload: unknown;
  readonly options: unknown;
}

function contextOf(payload: Partial<VideoThumbnailsPayload>, signal = new AbortController().signal) {
  const enqueued: Enqueued[] = [];
  const context: JobContext<VideoThumbnailsPayload> = {
    payload: { sourceKey: 'sources/clip', sha256, sizeBytes: 1, ...payload },
    job: {
      id: 'job',
      kind: 'video.thumbnails',
      queue: 'video',
      attempt: 1,
      maxAttempts: 4,
      createdAt: 0,
      headers: {},
    },
    signal,
    log: silentLogger,
    progress: () => undefined,
    enqueue: async (definition, childPayload, options) => {
      enqueued.push({ definition, payload: childPayload, options });
      return 'child';
    },
  };
  return { context, enqueued };
}

describe.each(engines)('with the %s engine', (engine) => {
  const open = async () =>
    createVideoThumbnailsHandler({
      blobs,
      frames: await createFrameSource({ engine, searchPath }),
    });

  test('a clip gets posters in three widths, as WebP and JPEG, the largest first', async () => {
    const handler = await open();

    const { posters } = validatePosters(await handler(contextOf({}).context));

    expect(posters.map(({ width, height, format }) => `${width}x${height} ${format}`)).toEqual([
      '1280x720 webp',
      '1280x720 jpeg',
      '640x360 webp',
      '640x360 jpeg',
      '320x180 webp',
      '320x180 jpeg',
    ]);
    for (const { blobKey, width, format } of posters) {
      const metadata = await sharp(join(folder, blobKey)).metadata();
      expect([metadata.width, metadata.format, metadata.exif]).toEqual([width, format, undefined]);
    }
  });

  test('a job that runs twice leaves one set of pictures', async () => {
    const handler = await open();

    const first = await handler(contextOf({}).context);
    const second = await handler(contextOf({}).context);

    expect(second).toEqual(first);
  });

  test('whoever wants to be told gets one mail with the pictures, whatever the file was called', async () => {
    const handler = await open();
    const { context, enqueued } = contextOf({
      notify: 'ann@example.com',
      fileName: '<b>"holiday"\r\nBcc: x@y.z',
    });

    await handler(context);

    const [
      { definition, payload, options } = { definition: undefined, payload: undefined, options: undefined },
    ] = enqueued;
    expect(enqueued).toHaveLength(1);
    expect([definition, options]).toEqual([mailSend, { key: 'notify' }]);
    expect(payload).toMatchObject({
      to: ['ann@example.com'],
      subject: 'Thumbnails of <b>"holiday" Bcc: x@y.z',
    });
    expect((payload as { html: string }).html).not.toContain('<b>');
    expect((await mailSend.payload['~standard'].validate(payload)).issues).toBeUndefined();
  });

  test('a text that is called a video, and a video that was cut off, are refused for good', async () => {
    const handler = await open();
    const text = Buffer.from('#EXTM3U\nhttp://127.0.0.1/secret\n');
    const cut = (await readFile(sampleClipPath)).subarray(0, 200);
    await put('sources/text', text);
    await put('sources/cut', cut);
    const refusalOf = (sourceKey: string, bytes: Uint8Array) =>
      handler(contextOf({ sourceKey, sha256: digestOf(bytes) }).context);

    await expect(refusalOf('sources/text', text)).rejects.toMatchObject({ code: 'VIDEO_UNSUPPORTED' });
    await expect(refusalOf('sources/cut', cut)).rejects.toMatchObject({
      code: expect.stringMatching(/^VIDEO_(UNSUPPORTED|UNDECODABLE)$/),
    });
  });

  test('a file that is not the one that was uploaded is not decoded, and refused for good', async () => {
    const handler = await open();

    await expect(handler(contextOf({ sha256: 'ab'.repeat(32) }).context)).rejects.toMatchObject({
      code: 'VIDEO_UNDECODABLE',
      message: expect.stringContaining('SHA-256'),
    });
  });

  test.each([0, 0.5, 0.9])(
    'a job that is cancelled at %d leaves no temporary file, only its source and whole pictures',
    async (at) => {
      const root = await mkdtemp(join(tmpdir(), 'leveret-video-'));
      onTestFinished(() => rm(root, { recursive: true }));
      const cancelling = new AbortController();
      const cancelled = createVideoThumbnailsHandler({
        blobs: await createFileBlobStore({ root }),
        frames: await createFrameSource({ engine, searchPath }),
      });
      await cp(join(folder, 'sources'), join(root, 'sources'), { recursive: true });
      const { context } = contextOf({}, cancelling.signal);
      const progress: JobContext<VideoThumbnailsPayload>['progress'] = (report) => {
        if (typeof report === 'object' && report.done === at) cancelling.abort(new Error('cancelled'));
      };

      const outcome = await cancelled({ ...context, progress }).then(
        (result) => validatePosters(result).posters.map(({ blobKey }) => blobKey),
        () => [],
      );

      const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) =>
        entry.isFile(),
      );
      const keys = files.map(({ parentPath, name }) => relative(root, join(parentPath, name)));
      expect(keys.filter((key) => !key.startsWith('sources')).sort()).toEqual([...outcome].sort());
      expect(outcome).toHaveLength(at === 0.9 ? 6 : 0);
    },
  );

  test('an aborted job ends with the reason', async () => {
    const handler = await open();

    await expect(handler(contextOf({}, AbortSignal.abort(new Error('too late'))).context)).rejects.toThrow(
      'too late',
    );
  });
});

test('a machine without a decoder is told what to install', async () => {
  await expect(createFrameSource({ engine: 'cli', searchPath: '/nowhere' })).rejects.toMatchObject({
    code: 'DECODER_UNAVAILABLE',
  });
});
