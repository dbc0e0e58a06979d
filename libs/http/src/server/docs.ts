import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

/** What the description says of itself. */
export interface ApiDocsOptions {
  readonly version: string;
  /** Whether the routes below `/v1` need a key. */
  readonly needsKey: boolean;
}

/** Where the description is served; `/docs/json` and `/docs/yaml` below it. */
const DOCS_PATH = '/docs';
/** The page's own pictures are data URLs inside its style sheet. */
const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const KEY_SCHEME = 'apiKey';

const binary = { schema: { type: 'string', format: 'binary' } };
/** Uploads are not described by a schema that could be checked: they are never held in memory. */
const UPLOAD_BODY = {
  content: {
    'video/*': binary,
    'application/octet-stream': binary,
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['file'],
        properties: { file: { type: 'string', format: 'binary' } },
      },
    },
  },
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is a video, read as a stream. */
    isUpload?: boolean;
  }
}

async function apiDocsPlugin(app: FastifyInstance, { version, needsKey }: ApiDocsOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Leveret',
        version,
        description: 'Uploads, mails and jobs. Every refusal is a problem (RFC 9457) with a code.',
      },
      ...(needsKey
        ? { components: { securitySchemes: { [KEY_SCHEME]: { type: 'http', scheme: 'bearer' } } } }
        : {}),
    },
    transform: describeRoute(needsKey, `${app.prefix}/v1/`),
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: DOCS_PATH,
    staticCSP: DOCS_POLICY,
    uiConfig: { deepLinking: false },
  });
}

function describeRoute(
  needsKey: boolean,
  guardedPath: string,
): NonNullable<FastifyDynamicSwaggerOptions['transform']> {
  return (route) => {
    const described = jsonSchemaTransform(route);
    const schema = (described.schema ?? {}) as Record<string, unknown>;
    const isUpload = route.route.config?.isUpload === true;
    const isGuarded = needsKey && route.url.startsWith(guardedPath);
    return {
      url: described.url,
      schema: {
        ...schema,
        ...(isUpload ? { body: UPLOAD_BODY } : {}),
        ...(isGuarded ? { security: [{ [KEY_SCHEME]: [] }] } : {}),
      },
    };
  };
}

/** Describes the routes that are registered after it, as OpenAPI 3.1 made from the schemas that check requests, at `/docs`. */
export const apiDocs = fp(apiDocsPlugin, { name: 'leveret-api-docs', fastify: '5.x' });
