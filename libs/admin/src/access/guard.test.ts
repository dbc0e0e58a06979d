import { silentLogger } from '@leveret/core';
import { problemReplies } from '@leveret/http';
import type { AdminVerb } from '@leveret/http-contract/admin';
import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { type GuardOptions, guard, principalOf } from './guard.ts';
import { createPrincipal, type Subject } from './principal.ts';

async function startApp(options: GuardOptions) {
  const app = fastify();
  onTestFinished(() => app.close());
  await app.register(problemReplies, { logger: silentLogger });
  await app.register(guard, options);
  return app;
}

const operator = createPrincipal({ name: 'host:olga', role: 'operator', kind: 'host' });

test('a server with a route without a rule does not start', async () => {
  const app = await startApp({ resolvePrincipal: async () => operator });

  expect(() => app.get('/open', async () => 'open')).toThrow(/the route GET \/open has no rule/);
});

test('a host application says who sends a request, and its role decides', async () => {
  const app = await startApp({
    resolvePrincipal: async ({ headers }) => (headers['x-user'] === 'olga' ? operator : undefined),
  });
  app.get('/me', { config: { rule: 'signed-in' } }, async (request) => principalOf(request).name);
  app.get('/accounts', { config: { rule: 'accounts:manage' } }, async () => 'accounts');
  app.get('/hello', { config: { rule: 'anyone' } }, async (request) => principalOf(request).name);
  const headers = { 'x-user': 'olga' };

  expect((await app.inject({ url: '/me', headers })).body).toBe('host:olga');
  expect((await app.inject({ url: '/me' })).statusCode).toBe(401);
  expect((await app.inject({ url: '/accounts', headers })).json()).toMatchObject({ code: 'FORBIDDEN' });
  expect((await app.inject({ url: '/hello', headers })).statusCode).toBe(500);
});

test('a host application is asked about each verb that the role has, with the job or the queue that it is used on', async () => {
  const asked: [string, AdminVerb, Subject][] = [];
  const app = await startApp({
    resolvePrincipal: async () => operator,
    async can({ name }, verb, subject) {
      asked.push([name, verb, subject]);
      return subject.queue !== 'mail';
    },
  });
  const pause = { config: { rule: 'queues:control' } } as const;
  app.post('/queues/:queue/pause', pause, async () => 'paused');
  app.get('/jobs/:id', { config: { rule: 'jobs:read' } }, async () => 'job');
  app.get('/operations/:id', { config: { rule: 'jobs:read' } }, async () => 'operation');
  app.get('/accounts', { config: { rule: 'accounts:manage' } }, async () => 'accounts');

  const statuses = [];
  for (const [method, url] of [
    ['POST', '/queues/mail/pause'],
    ['POST', '/queues/video/pause'],
    ['GET', '/jobs/7'],
    ['GET', '/operations/8'],
    ['GET', '/accounts'],
  ] as const)
    statuses.push((await app.inject({ method, url })).statusCode);

  expect(statuses).toEqual([403, 200, 200, 200, 403]);
  expect(asked).toEqual([
    ['host:olga', 'queues:control', { queue: 'mail' }],
    ['host:olga', 'queues:control', { queue: 'video' }],
    ['host:olga', 'jobs:read', { jobId: '7' }],
    ['host:olga', 'jobs:read', {}],
  ]);
});
