import { type AcceptanceStore, type Broker, type StoreStatus, toPublicStatus } from '@leveret/core';
import { liveness, PROBLEM_MEDIA_TYPE, problem, type Readiness, readiness } from '@leveret/http-contract';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { problemResponses } from './contract-responses.ts';

/** What health is told from. */
export interface HealthRoutesOptions {
  readonly broker: Pick<Broker, 'status'>;
  readonly store: Pick<AcceptanceStore, 'status'>;
  /** What records events in this process, if anything does. It is shown, and makes nothing unready. */
  readonly recorder?: { status(): RecordingStatus };
}

type RecordingStatus = StoreStatus & { readonly warning?: string };

const notReady = {
  description: 'Not ready, and why; while the server stops, a problem.',
  content: { 'application/json': { schema: readiness }, [PROBLEM_MEDIA_TYPE]: { schema: problem } },
};

/**
 * `GET /health/live` and `GET /health/ready`. Ready means that jobs can be taken on, for which either of broker and ledger
 * is enough. Mail servers and workers have no say: what they cannot do now is done later.
 */
export const healthRoutes: FastifyPluginAsyncZod<HealthRoutesOptions> = async (
  app,
  { broker, store, recorder },
) => {
  app.get(
    '/health/live',
    {
      schema: {
        summary: 'Whether the process runs',
        tags: ['health'],
        response: { 200: liveness, ...problemResponses },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      return { status: 'live' as const };
    },
  );

  app.get(
    '/health/ready',
    {
      schema: {
        summary: 'Whether requests are taken on',
        tags: ['health'],
        response: { 200: readiness, 503: notReady, ...problemResponses },
      },
    },
    async (_request, reply) => {
      const answer = toReadiness({
        broker: toPublicStatus(broker.status()),
        store: toPublicStatus(store.status()),
        ...(recorder === undefined ? {} : { recorder: toRecording(recorder.status()) }),
      });
      reply.code(answer.status === 'ready' ? 200 : 503).header('cache-control', 'no-store');
      return answer;
    },
  );
};

function toRecording(status: RecordingStatus) {
  const { warning } = status;
  return { ...toPublicStatus(status), ...(warning === undefined ? {} : { warning }) };
}

function toReadiness(dependencies: Readiness['dependencies']): Readiness {
  const { broker, store } = dependencies;
  if (broker.state === 'up' || store.state === 'up') return { status: 'ready', dependencies };
  return { status: 'not-ready', reason: 'neither the broker nor the ledger can take a job', dependencies };
}
