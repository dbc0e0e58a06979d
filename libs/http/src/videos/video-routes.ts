import multipart from '@fastify/multipart';
import type { JobClient } from '@leveret/client';
import {
  type BlobStore,
  type Clock,
  isNothingStored,
  isUuid,
  type JobRecord,
  LeveretError,
  type Logger,
  messageOf,
  newId,
  notePendingBlob,
  type Random,
} from '@leveret/core';
import { video, videoAccepted, videoUploadQuery } from '@leveret/http-contract';
import { type VideoThumbnailsPayload, videoThumbnails } from '@leveret/jobs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { JobLookup } from '../jobs/job-lookup.ts';
import { problemResponses } from '../server/contract-responses.ts';
import { receiveUpload, refuseDeclaredSize } from '../uploads/receive-upload.ts';
import { addThumbnailRoute } from './thumbnail-route.ts';
import { toVideo } from './video-view.ts';

/** What the routes of videos work with. */
export interface VideoRoutesOptions {
  readonly jobs: JobClient;
  readonly lookup: JobLookup;
  readonly blobs: BlobStore;
  /** Largest upload, in bytes. */
  readonly uploadLimitBytes: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Body types of an upload that is the file itself. */
const RAW_VIDEO = /^video\/|^application\/octet-stream\b/i;

/**
 * `POST /videos`, `GET /videos/:id` and the thumbnails below it. An upload is streamed to `incoming/`, moved to `sources/`
 * when it is whole, and only then enqueued: what lies in `incoming/` belongs to nobody and may be swept away. Until its job is accepted, a note in storage
 * says so; it is deleted before the upload is answered.
 */
export const videoRoutes: FastifyPluginAsyncZod<VideoRoutesOptions> = async (app, options) => {
  const { jobs, lookup, blobs, uploadLimitBytes, clock, random, logger } = options;
  const basePath = `${app.prefix}/videos`;
  await takeUploadBodies(app);

  /** @throws {LeveretError} `VIDEO_NOT_FOUND`. */
  async function findVideo(id: string): Promise<JobRecord> {
    const record = isUuid(id) ? await lookup.find(id) : undefined;
    if (record?.kind !== videoThumbnails.kind)
      throw new LeveretError('VIDEO_NOT_FOUND', 'no video has this id');
    return record;
  }

  /** A source whose job could not be accepted would be kept for nobody. */
  async function enqueue(
    id: string,
    payload: VideoThumbnailsPayload,
    deleteNote: () => Promise<void>,
  ): Promise<void> {
    try {
      await jobs.enqueue(videoThumbnails, payload, { id });
    } catch (error) {
      // Where the job may exist all the same, its source is still needed.
      if (mayExist(error)) throw error;
      const deleted = blobs.delete(payload.sourceKey).then(deleteNote);
      await deleted.catch((cause: unknown) => {
        logger.warn({ jobId: id, error: messageOf(cause) }, 'cannot delete the source of a refused upload');
      });
      throw error;
    }
    const { kind, queue, priority, retry } = videoThumbnails;
    lookup.remember({
      id,
      kind,
      queue,
      priority,
      maxAttempts: retry.attempts,
      createdAt: clock.now(),
      delayMs: 0,
      payload,
    });
    await deleteNote();
  }

  app.post(
    '/videos',
    {
      config: { isUpload: true },
      onRequest: async (request) => refuseDeclaredSize(request, uploadLimitBytes),
      schema: {
        summary: 'Upload a video',
        description:
          'The file is the body, or the one file of a multipart form. Follow Location until its state is ready.',
        tags: ['videos'],
        querystring: videoUploadQuery,
        response: { 202: videoAccepted, ...problemResponses },
      },
    },
    async (request, reply) => {
      const id = newId(clock, random);
      const incomingKey = `incoming/${id}`;
      const sourceKey = `sources/${id}`;
      const { sha256, sizeBytes, fileName } = await receiveUpload(request, {
        blobs,
        key: incomingKey,
        limitBytes: uploadLimitBytes,
        clock,
      });
      const deleteNote = await notePendingBlob(blobs, sourceKey);
      await blobs.move(incomingKey, sourceKey);
      const { notify } = request.query;
      const payload = {
        sourceKey,
        sha256,
        sizeBytes,
        ...(fileName === undefined ? {} : { fileName }),
        ...(notify === undefined ? {} : { notify }),
      };
      await enqueue(id, payload, deleteNote);
      logger.info({ requestId: request.id, jobId: id, sizeBytes }, 'accepted a video');
      reply.code(202).header('location', `${basePath}/${id}`);
      return { id, jobId: id, state: 'processing' as const };
    },
  );

  app.get(
    '/videos/:id',
    {
      schema: {
        summary: 'A video and its thumbnails',
        tags: ['videos'],
        response: { 200: video, ...problemResponses },
      },
    },
    async (request, reply) => {
      const { id } = request.params as { id: string };
      reply.header('cache-control', 'no-store');
      return toVideo(await findVideo(id), basePath);
    },
  );

  addThumbnailRoute(app, { blobs, findVideo });
};

/** Bodies stay streams: the route reads them. */
async function takeUploadBodies(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers();
  await app.register(multipart, { throwFileSizeLimit: false });
  const leaveUnread = async () => undefined;
  app.addContentTypeParser(RAW_VIDEO, leaveUnread);
  // A client that names no type at all: the first bytes tell what it is.
  app.addContentTypeParser('*', async ({ headers }: FastifyRequest) => {
    if (headers['content-type'] === undefined) return;
    throw new LeveretError('MEDIA_TYPE_UNSUPPORTED', 'an upload cannot be of this type');
  });
}

function mayExist(error: unknown): boolean {
  return error instanceof LeveretError && error.code === 'ENQUEUE_UNAVAILABLE' && !isNothingStored(error);
}
