import { defineJob, exponentialBackoff, type JobHandler, type PayloadOutput } from '@leveret/core';
import * as z from 'zod';
import { mailAddress } from './mail-address.ts';

/** Where the pictures of a video are in blob storage, by the SHA-256 of its file: videos with the same content share them. */
export function thumbnailFolder(sha256: string): string {
  return `thumbnails/${sha256}/`;
}

/** Makes posters of one uploaded video. The job is the video: its id, digest and pictures are the job's. */
export const videoThumbnails = defineJob({
  kind: 'video.thumbnails',
  queue: 'video',
  payload: z.strictObject({
    /** Where the upload is in blob storage. */
    sourceKey: z.string().min(1).max(300),
    /** SHA-256 of the upload, lower-case hex: names the outputs, so that a job run twice leaves one set. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    sizeBytes: z.int().positive(),
    /** What the client called the file; only ever shown. */
    fileName: z.string().max(255).optional(),
    /** Who gets a mail with the pictures when they are ready. */
    notify: mailAddress.optional(),
  }),
  // The waits add up to 64 to 128 minutes: storage or broker may be away for an hour.
  retry: exponentialBackoff({ attempts: 13, firstDelayMs: 2_000, maxDelayMs: 3_600_000 }),
  timeoutMs: 120_000,
  blobs: ({ sourceKey, sha256 }) => [sourceKey, thumbnailFolder(sha256)],
});

/** What a {@link videoThumbnails} job carries. */
export type VideoThumbnailsPayload = PayloadOutput<typeof videoThumbnails>;
/** Does the work of {@link videoThumbnails}. */
export type VideoThumbnailsHandler = JobHandler<typeof videoThumbnails>;

/** One picture made of a video. */
export const poster = z.strictObject({
  /** Where it is in blob storage. */
  blobKey: z.string(),
  /** In pixels, as a viewer sees it: rotation and pixel aspect applied. */
  width: z.int().positive(),
  height: z.int().positive(),
  format: z.enum(['webp', 'jpeg']),
  sizeBytes: z.int().positive(),
});
/** One picture made of a video. */
export type Poster = z.infer<typeof poster>;

/** What a {@link videoThumbnails} job results in. */
export const videoThumbnailsResult = z.object({
  /** Largest first. */
  posters: z.array(poster),
  /** The moment of the video that they show, in seconds from its start. */
  atSeconds: z.number(),
});
/** What a {@link videoThumbnails} job results in. */
export type VideoThumbnailsResult = z.infer<typeof videoThumbnailsResult>;
