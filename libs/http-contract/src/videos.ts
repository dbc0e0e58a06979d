import { mailAddress } from '@leveret/jobs';
import * as z from 'zod';
import { failure } from './problem.ts';

/** What may stand behind `?` when a video is uploaded. */
export const videoUploadQuery = z.strictObject({
  notify: mailAddress.optional().describe('Who gets a mail with the thumbnails when they are ready.'),
});

/** Whether the thumbnails of a video are there. */
export const videoState = z.enum(['processing', 'ready', 'failed']);
/** Whether the thumbnails of a video are there. */
export type VideoState = z.infer<typeof videoState>;

/** An upload was stored and its job accepted. */
export const videoAccepted = z
  .strictObject({
    id: z.uuid(),
    jobId: z.uuid().describe('The same as id: a video is the subject of its job.'),
    state: videoState,
  })
  .meta({ id: 'VideoAccepted' });

/** One thumbnail of a video. */
export const thumbnail = z
  .strictObject({
    url: z.string().describe('Where it is, relative to the server.'),
    width: z.int().positive().describe('In pixels.'),
    height: z.int().positive().describe('In pixels.'),
    format: z.enum(['webp', 'jpeg']),
    sizeBytes: z.int().positive(),
  })
  .meta({ id: 'Thumbnail' });

/** A video and what was made of it. */
export const video = z
  .strictObject({
    id: z.uuid(),
    state: videoState,
    sizeBytes: z.int().positive(),
    sha256: z.string().describe('Of the uploaded bytes, lower-case hex.'),
    thumbnails: z.array(thumbnail).describe('Largest first; empty until the state is ready.'),
    failure: failure.optional().describe('Set when the state is failed.'),
  })
  .meta({ id: 'Video' });
/** A video and what was made of it. */
export type Video = z.infer<typeof video>;
