import { Readable } from 'node:stream';
import { isJobBlob, LeveretError } from '@leveret/core';
import { FILE_POLICY } from '@leveret/http';
import { jobPictures } from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { ResourceOptions } from '../../resource-options.ts';
import { idParams, requireId } from '../../wire/params.ts';
import { problems, QUERY_PROBLEMS } from '../../wire/problems.ts';
import { jobNotFound } from '../job-view.ts';
import { createJobPictures } from './job-pictures.ts';
import type { PictureType } from './picture-type.ts';

const TAGS = ['jobs'];

const binary = { schema: z.unknown().meta({ type: 'string', format: 'binary' }) };
const pictureResponse = {
  description: 'The picture.',
  content: {
    'image/webp': binary,
    'image/jpeg': binary,
    'image/png': binary,
    'image/gif': binary,
  } satisfies Record<PictureType, typeof binary>,
};

/** `GET /jobs/:id/pictures` and `GET /jobs/:id/picture`. Without blob storage no job has pictures. */
export const jobPictureRoutes: FastifyPluginAsyncZod<ResourceOptions> = async (app, { reader, blobs }) => {
  const pictures = blobs && createJobPictures(reader, blobs);

  async function requireJob(given: string): Promise<string> {
    const id = requireId(given, 'JOB_NOT_FOUND');
    const [job] = await reader.summaries([id]);
    if (job === undefined) throw jobNotFound(id);
    return id;
  }

  app.get(
    '/jobs/:id/pictures',
    {
      config: { rule: 'payloads:read' },
      schema: {
        summary: 'The pictures among the files of a job',
        description:
          'Files in blob storage that the job refers to, by their key or by a folder, and that are pictures by their first bytes.',
        tags: TAGS,
        params: idParams,
        response: { 200: jobPictures, ...problems('JOB_NOT_FOUND', 'STORAGE_UNAVAILABLE') },
      },
    },
    async ({ params }) => {
      const id = await requireJob(params.id);
      const found = await pictures?.list(id);
      return { pictures: [...(found?.pictures ?? [])], isMore: found?.isMore ?? false };
    },
  );

  app.get(
    '/jobs/:id/picture',
    {
      config: { rule: 'payloads:read' },
      schema: {
        summary: 'One picture of a job',
        tags: TAGS,
        params: idParams,
        querystring: z.strictObject({ key: z.string().describe('Its key in blob storage.') }),
        response: {
          200: pictureResponse,
          ...problems('JOB_NOT_FOUND', 'BLOB_NOT_FOUND', 'STORAGE_UNAVAILABLE', ...QUERY_PROBLEMS),
        },
      },
    },
    async ({ params, query: { key } }, reply) => {
      const id = await requireJob(params.id);
      const isFile = isJobBlob(key) && !key.endsWith('/');
      const picture = isFile ? await pictures?.find(id, key) : undefined;
      if (blobs === undefined || picture === undefined)
        throw new LeveretError('BLOB_NOT_FOUND', 'the job has no such picture');
      const { contentType, sizeBytes } = picture;
      reply.type(contentType).header('content-length', sizeBytes);
      reply.header('content-disposition', 'inline').header('content-security-policy', FILE_POLICY);
      return reply.send(Readable.from(await blobs.open(key, { end: sizeBytes - 1 })));
    },
  );
};
