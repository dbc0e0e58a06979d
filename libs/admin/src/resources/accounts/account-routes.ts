import type { Account, AccountStore } from '@leveret/core';
import { emptyResponse } from '@leveret/http';
import {
  type AccountView,
  accountChange,
  accountList,
  accountName,
  accountReceipt,
  accountRequest,
} from '@leveret/http-contract/admin';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { generatePassword, hashPassword } from '../../access/credentials/passwords.ts';
import { authorOf } from '../wire/author.ts';
import { BODY_PROBLEMS, problems } from '../wire/problems.ts';

/** What the routes of accounts, keys and sessions work with. */
export interface AccountRoutesOptions {
  readonly accounts: AccountStore;
  /** Called when an account, a key or a session was changed. */
  readonly onChange: () => void;
}

const config = { rule: 'accounts:manage' } as const;
const tags = ['accounts'];
const params = z.object({ name: accountName });

/** `GET|POST /accounts`, `PATCH|DELETE /accounts/:name`. */
export const accountRoutes: FastifyPluginAsyncZod<AccountRoutesOptions> = async (
  app,
  { accounts, onChange },
) => {
  app.get(
    '/accounts',
    {
      config,
      schema: { summary: 'All accounts', tags, response: { 200: accountList, ...problems() } },
    },
    async () => ({ accounts: (await accounts.accounts()).map(toAccountView) }),
  );

  app.post(
    '/accounts',
    {
      config,
      schema: {
        summary: 'Add an account',
        description: 'Without a password one is generated; the answer shows it once.',
        tags,
        body: accountRequest,
        response: {
          201: accountReceipt,
          ...problems('ACCOUNT_EXISTS', 'SIGN_IN_LIMITED', ...BODY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const { name, role, password } = request.body;
      const generated = password === undefined ? generatePassword() : undefined;
      const passwordHash = await hashPassword(password ?? generated ?? '');
      const account = await accounts.addAccount({ name, role, passwordHash }, authorOf(request, null));
      return reply.code(201).send(toReceipt(account, generated));
    },
  );

  app.patch(
    '/accounts/:name',
    {
      config,
      schema: {
        summary: 'Change the role or the password of an account',
        description: 'A new password ends its sessions. A generated one is shown once.',
        tags,
        params,
        body: accountChange,
        response: {
          200: accountReceipt,
          ...problems('ACCOUNT_NOT_FOUND', 'LAST_ADMIN', 'SIGN_IN_LIMITED', ...BODY_PROBLEMS),
        },
      },
    },
    async (request) => {
      const { role, password, generatePassword: isGenerated = false } = request.body;
      const generated = isGenerated ? generatePassword() : undefined;
      const newPassword = password ?? generated;
      const change = {
        ...(role === undefined ? {} : { role }),
        ...(newPassword === undefined ? {} : { passwordHash: await hashPassword(newPassword) }),
      };
      const account = await accounts.changeAccount(request.params.name, change, authorOf(request, null));
      onChange();
      return toReceipt(account, generated);
    },
  );

  app.delete(
    '/accounts/:name',
    {
      config,
      schema: {
        summary: 'Remove an account',
        description: 'Its sessions end.',
        tags,
        params,
        response: {
          204: emptyResponse('The account is removed.'),
          ...problems('ACCOUNT_NOT_FOUND', 'LAST_ADMIN', 'ORIGIN_REFUSED'),
        },
      },
    },
    async (request, reply) => {
      await accounts.removeAccount(request.params.name, authorOf(request, null));
      onChange();
      return reply.code(204).send(null);
    },
  );
};

function toReceipt(account: Account, password: string | undefined) {
  return { account: toAccountView(account), ...(password === undefined ? {} : { password }) };
}

function toAccountView({ name, role, createdAt, lastSignInAt, sessionCount }: Account): AccountView {
  return {
    name,
    role,
    createdAt: new Date(createdAt).toISOString(),
    ...(lastSignInAt === undefined ? {} : { lastSignInAt: new Date(lastSignInAt).toISOString() }),
    sessions: sessionCount,
  };
}
