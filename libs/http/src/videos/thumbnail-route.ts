import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type BlobStore, type JobRecord, LeveretError } from '@leveret/core';
import type { Poster } from '@leveret/jobs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { emptyResponse, pictureResponse, problemResponses } from '../server/contract-responses.ts';
import { FILE_POLICY } from '../server/security-headers.ts';
import { parseByteRange } from './byte-range.ts';
import { postersOf, thumbnailFileName } from './video-view.ts';

interface ThumbnailRouteOptions {
  readonly blobs: BlobStore;
  /** @throws {LeveretError} `VIDEO_NOT_FOUND`. */
  readonly findVideo: (id: string) => Promise<JobRecord>;
}

/** A thumbnail never changes under its address; it is for whoever was let in, not for caches between. */
const CACHE_FOREVER = 'private, max-age=31536000, immutable';

/** Adds `GET /videos/:id/thumbnails/:name`: a picture that we made, with ranges and conditions as in RFC 9110. */
export function addThumbnailRoute(app: FastifyInstance, { blobs, findVideo }: ThumbnailRouteOptions): void {
  const schema = {
    summary: 'One thumbnail',
    description: 'Named <width>.webp or <width>.jpg.',
    tags: ['videos'],
    response: {
      200: pictureResponse('The picture.'),
      206: pictureResponse('The part of it that was asked for.'),
      304: emptyResponse('It is still the one that If-None-Match names.'),
      412: emptyResponse('It is not the one that If-Match names.'),
      ...problemResponses,
    },
  };

  app.get<{ Params: { id: string; name: string } }>(
    '/videos/:id/thumbnails/:name',
    { schema },
    async (request, reply) => {
      const { id, name } = request.params;
      const poster = postersOf(await findVideo(id)).find(
        (candidate) => thumbnailFileName(candidate) === name,
      );
      if (poster === undefined) throw new LeveretError('BLOB_NOT_FOUND', 'the video has no such thumbnail');
      return sendPicture(request, reply, { blobs, poster });
    },
  );
}

async function sendPicture(
  request: FastifyRequest,
  reply: FastifyReply,
  picture: { blobs: BlobStore; poster: Poster },
) {
  const { blobs, poster } = picture;
  const stat = await blobs.stat(poster.blobKey);
  if (stat === undefined) throw new LeveretError('BLOB_NOT_FOUND', 'the thumbnail is no longer kept');
  const { sizeBytes } = stat;
  const tag = entityTag(poster.blobKey, sizeBytes);
  reply.header('etag', tag).header('cache-control', CACHE_FOREVER).header('accept-ranges', 'bytes');
  const { headers } = request;
  if (headers['if-match'] !== undefined && !isNamedIn(headers['if-match'], tag))
    return reply.code(412).send();
  if (isNamedIn(headers['if-none-match'], tag)) return reply.code(304).send();

  const range = parseByteRange(rangeHeaderFor(request, tag), sizeBytes);
  if (range === 'unsatisfiable') {
    reply.removeHeader('etag').header('content-range', `bytes */${sizeBytes}`);
    throw new LeveretError('RANGE_NOT_SATISFIABLE', `the file has ${sizeBytes} bytes`, {
      details: { sizeBytes },
    });
  }
  const { start, end } = range === 'whole' ? { start: 0, end: sizeBytes - 1 } : range;
  if (range !== 'whole') reply.code(206).header('content-range', `bytes ${start}-${end}/${sizeBytes}`);
  reply.type(`image/${poster.format}`).header('content-length', end - start + 1);
  reply.header('content-disposition', 'inline').header('content-security-policy', FILE_POLICY);
  return reply.send(Readable.from(await blobs.open(poster.blobKey, { start, end })));
}

/** Keys of pictures derive from their source and how they were made, so they tell one picture from another. */
function entityTag(blobKey: string, sizeBytes: number): string {
  return `"${createHash('sha256').update(`${blobKey}\n${sizeBytes}`).digest('base64url').slice(0, 22)}"`;
}

/** A part is asked for on condition that the file is still the same: else the whole of the new one is wanted. */
function rangeHeaderFor({ method, headers }: FastifyRequest, tag: string): string | undefined {
  // For other methods ranges mean nothing (RFC 9110, section 14.2).
  if (method !== 'GET') return undefined;
  const condition = headers['if-range'];
  return condition === undefined || condition === tag ? headers.range : undefined;
}

function isNamedIn(header: string | undefined, tag: string): boolean {
  const named = (header ?? '').split(',').map((name) => name.trim().replace(/^W\//, ''));
  return named.includes(tag) || named.includes('*');
}
