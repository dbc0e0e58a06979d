import type { ApiKey } from '@leveret/core';
import { emptyResponse } from '@leveret/http';
import { type ApiKeyView, apiKeyList, apiKeyReceipt, apiKeyRequest } from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { generateApiKey } from '../../access/credentials/api-key-secret.ts';
import { authorOf } from '../wire/author.ts';
import { BODY_PROBLEMS, problems } from '../wire/problems.ts';
import type { AccountRoutesOptions } from './account-routes.ts';

const config = { rule: 'accounts:manage' } as const;
const tags = ['accounts'];

/** `GET|POST /keys`, `DELETE /keys/:id`. */
export const keyRoutes: FastifyPluginAsyncZod<AccountRoutesOptions> = async (app, { accounts, onChange }) => {
  app.get(
    '/keys',
    {
      config,
      schema: {
        summary: 'All API keys that are valid',
        tags,
        response: { 200: apiKeyList, ...problems() },
      },
    },
    async () => ({ keys: (await accounts.apiKeys()).map(toApiKeyView) }),
  );

  app.post(
    '/keys',
    {
      config,
      schema: {
        summary: 'Create an API key',
        description:
          'The answer shows its secret once. At most two keys of one name are valid, so that one can replace the other.',
        tags,
        body: apiKeyRequest,
        response: { 201: apiKeyReceipt, ...problems('API_KEY_LIMIT', ...BODY_PROBLEMS) },
      },
    },
    async (request, reply) => {
      const { name, role } = request.body;
      const { id, secret, hash } = generateApiKey();
      const key = await accounts.addApiKey({ id, name, role, hash }, authorOf(request, null));
      return reply.code(201).send({ key: toApiKeyView(key), secret });
    },
  );

  app.delete(
    '/keys/:id',
    {
      config,
      schema: {
        summary: 'Revoke an API key',
        description: 'This process refuses it immediately, and other processes within 10 seconds.',
        tags,
        params: z.object({ id: z.string() }),
        response: {
          204: emptyResponse('The key is revoked.'),
          ...problems('API_KEY_NOT_FOUND', 'ORIGIN_REFUSED'),
        },
      },
    },
    async (request, reply) => {
      await accounts.revokeApiKey(request.params.id, authorOf(request, null));
      onChange();
      return reply.code(204).send(null);
    },
  );
};

function toApiKeyView({ createdAt, lastUsedAt, ...key }: ApiKey): ApiKeyView {
  return {
    ...key,
    createdAt: new Date(createdAt).toISOString(),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: new Date(lastUsedAt).toISOString() }),
  };
}
