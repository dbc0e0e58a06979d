import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { problems } from './wire/problems.ts';

/** What the description says of itself. */
export interface AdminDescriptionOptions {
  readonly version: string;
}

async function adminDescriptionPlugin(
  app: FastifyInstance,
  { version }: AdminDescriptionOptions,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Leveret admin',
        version,
        description:
          'What ledger and control can do. Every refusal is a problem (RFC 9457) with a code. `x-leveret-rule` of a route is the verb that it needs: `signed-in` is every principal, `anyone` also none.',
      },
    },
    transform: describeRoute,
    transformObject: jsonSchemaTransformObject,
  });
  app.get(
    '/openapi.json',
    {
      config: { rule: 'signed-in' },
      schema: {
        summary: 'The description of this API, as OpenAPI 3.1',
        tags: ['description'],
        response: { 200: z.unknown(), ...problems() },
      },
    },
    async (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(JSON.stringify(app.swagger())),
  );
}

const describeRoute: NonNullable<FastifyDynamicSwaggerOptions['transform']> = (route) => {
  const { schema, url } = jsonSchemaTransform(route);
  return { url, schema: { ...schema, 'x-leveret-rule': route.route.config?.rule } };
};

/** Describes the routes that are registered after it as OpenAPI 3.1, from the schemas that check requests and answers, at `/openapi.json`. Register it behind the guard. */
export const adminDescription = fp(adminDescriptionPlugin, {
  name: 'leveret-admin-description',
  fastify: '5.x',
});
