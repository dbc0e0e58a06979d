import type { JobClient } from '@leveret/client';
import {
  type AcceptanceStore,
  type BlobStore,
  type Broker,
  type ChangeFeed,
  type Clock,
  type Logger,
  type Random,
  systemClock,
  systemRandom,
} from '@leveret/core';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { createJobLookup } from './jobs/job-lookup.ts';
import { jobRoutes } from './jobs/job-routes.ts';
import type { PublicJob } from './jobs/public-job.ts';
import { mailRoutes } from './mails/mail-routes.ts';
import { problemReplies } from './problems/problem-replies.ts';
import { jsonBody } from './requests/json-body.ts';
import { slowBodies } from './requests/slow-bodies.ts';
import { strictRequests } from './requests/strict-requests.ts';
import { type Access, guardByKey, guardLoopback } from './server/access.ts';
import { apiDocs } from './server/docs.ts';
import { drain } from './server/drain.ts';
import { errorRoutes } from './server/error-routes.ts';
import { type HealthRoutesOptions, healthRoutes } from './server/health-routes.ts';
import { securityHeaders } from './server/security-headers.ts';
import { uploadPage } from './uploads/upload-page.ts';
import { videoRoutes } from './videos/video-routes.ts';

/** What the API works with. Nothing of it is closed by the API. */
export interface LeveretApiOptions {
  readonly jobs: JobClient;
  readonly broker: Pick<Broker, 'status'>;
  readonly store: Pick<AcceptanceStore, 'get' | 'status'>;
  /** What records events in this process, if anything does: health shows whether it may. */
  readonly recorder?: HealthRoutesOptions['recorder'];
  /** Which jobs of the ledger are changed: `GET /v1/jobs/:id?wait=` waits by it, and answers immediately without it. */
  readonly changes?: ChangeFeed;
  readonly blobs: BlobStore;
  /** The kinds of job that clients may have done by `POST /v1/jobs/:kind`. */
  readonly publicJobs: ReadonlyMap<string, PublicJob>;
  /** Largest upload, in bytes. */
  readonly uploadLimitBytes: number;
  readonly access: Access;
  /** Shown in the API description. */
  readonly version: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * The whole HTTP API: uploads, mails and jobs below `/v1`, health, the API description at `/docs` and the upload page at
 * `/`. Register it at the root of a server made with `createServerOptions`, or under a prefix of an app of your own.
 */
export const leveretApi: FastifyPluginAsync<LeveretApiOptions> = async (app, options) => {
  const { access, broker, store, recorder, uploadLimitBytes, logger, clock = systemClock } = options;
  const needsKey = access.kind === 'keys';
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  await app.register(problemReplies, { logger, clock });
  await app.register(securityHeaders);
  await app.register(strictRequests);
  await app.register(drain);
  guardLoopback(app, access);
  await app.register(slowBodies, { clock });
  await app.register(jsonBody);
  await app.register(apiDocs, { version: options.version, needsKey });

  await app.register(uploadPage, { needsKey, uploadLimitBytes });
  await app.register(healthRoutes, { broker, store, ...(recorder === undefined ? {} : { recorder }) });
  await app.register(errorRoutes);
  await app.register(async (v1) => registerGuarded(v1, options), { prefix: '/v1' });
};

/** The routes that need a key where keys are needed at all. */
async function registerGuarded(app: FastifyInstance, options: LeveretApiOptions): Promise<void> {
  const { jobs, store, changes, blobs, publicJobs, uploadLimitBytes, logger } = options;
  const { clock = systemClock, random = systemRandom } = options;
  guardByKey(app, options.access);
  const lookup = createJobLookup({ store, clock });
  // Named one by one: with the options of a mounted API comes its prefix, which would be put before the routes again.
  const shared = { jobs, lookup, clock, random, logger };
  await app.register(videoRoutes, { ...shared, blobs, uploadLimitBytes });
  await app.register(mailRoutes, shared);
  await app.register(jobRoutes, {
    ...shared,
    publicJobs,
    ...(changes === undefined ? {} : { changes }),
  });
}
