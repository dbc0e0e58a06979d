import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type BlobStore, LeveretError, SNIFF_BYTES, sniffVideoContainer } from '@leveret/core';
import {
  type Poster,
  thumbnailFolder,
  type VideoThumbnailsHandler,
  type VideoThumbnailsPayload,
} from '@leveret/jobs';
import type { FrameSource, VideoFrame } from './engines/frame-source.ts';
import { enqueueNotice } from './posters/notice.ts';
import { pickFrame } from './posters/pick-frame.ts';
import { type EncodedPoster, encodePosters } from './posters/posters.ts';

/** What the handler works with. */
export interface VideoThumbnailsHandlerOptions {
  readonly blobs: BlobStore;
  readonly frames: FrameSource;
}

/**
 * Creates the handler of `video.thumbnails`. Pictures are named by the digest of the video, so that a job run twice leaves one
 * set; a file with another digest than was uploaded is not decoded. A file that can never work throws an error that is not retried: `VIDEO_UNSUPPORTED`, `VIDEO_UNDECODABLE`,
 * `VIDEO_TOO_LARGE`.
 */
export function createVideoThumbnailsHandler({
  blobs,
  frames,
}: VideoThumbnailsHandlerOptions): VideoThumbnailsHandler {
  return async (context) => {
    const { payload, signal, progress, log } = context;
    progress({ done: 0, text: 'choosing a frame' });
    const frame = await blobs.withLocalFile(payload.sourceKey, async (path) => {
      await requireDigest(path, payload.sha256, signal);
      return chooseFrame(frames, path, signal);
    });
    progress({ done: 0.5, text: `encoding the frame at ${frame.atSeconds.toFixed(1)} s` });
    const encoded = await encodePosters(frame.picture);
    signal.throwIfAborted();
    progress({ done: 0.9, text: `storing ${encoded.length} pictures` });
    const posters = await Promise.all(encoded.map((poster) => store(blobs, payload, poster)));
    log.debug(
      { engine: frames.name, atSeconds: frame.atSeconds, pictureCount: posters.length },
      'thumbnails made',
    );
    if (payload.notify !== undefined) await enqueueNotice(context, payload.notify, posters);
    return { posters, atSeconds: frame.atSeconds };
  };
}

async function chooseFrame(frames: FrameSource, path: string, signal: AbortSignal): Promise<VideoFrame> {
  await requireVideo(path);
  const video = await frames.open(path, signal);
  try {
    return await pickFrame(video, signal);
  } finally {
    await video.close();
  }
}

/** What is in storage may have been damaged, or exchanged, since it was uploaded. */
async function requireDigest(path: string, sha256: string, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  if (hash.digest('hex') !== sha256)
    throw new LeveretError(
      'VIDEO_UNDECODABLE',
      'the stored file is not the one that was uploaded: its SHA-256 differs',
    );
}

/** Before any decoder sees the file: whatever it is called, its first bytes must be those of a video. */
async function requireVideo(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
    if (sniffVideoContainer(buffer.subarray(0, bytesRead)) === undefined) {
      throw new LeveretError('VIDEO_UNSUPPORTED', 'the file does not begin as a video does');
    }
  } finally {
    await file.close();
  }
}

async function store(
  blobs: BlobStore,
  { sha256 }: VideoThumbnailsPayload,
  poster: EncodedPoster,
): Promise<Poster> {
  const { width, height, format, bytes } = poster;
  const { key, sizeBytes } = await blobs.put(`${thumbnailFolder(sha256)}${width}.${format}`, once(bytes));
  return { blobKey: key, width, height, format, sizeBytes };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
