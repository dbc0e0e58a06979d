import { LeveretError, type Logger, silentLogger } from '@leveret/core';
import { problem } from '@leveret/http-contract';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { jsonBody } from '../requests/json-body.ts';
import { createServerOptions } from '../server/server-options.ts';
import { problemReplies } from './problem-replies.ts';

async function startApp(logger: Logger = silentLogger) {
  const app = fastify(createServerOptions());
  onTestFinished(() => app.close());
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(problemReplies, { logger });
  await app.register(jsonBody);
  return app;
}

test('what nobody foresaw is told to the log, and the client learns the id to find it by', async () => {
  const lines: unknown[] = [];
  const app = await startApp({ ...silentLogger, error: (fields) => lines.push(fields) });
  app.get('/secret/:id', async () => {
    throw new Error('cannot open /etc/leveret/secret on db.internal:5432');
  });
  const response = await app.inject('/secret/1?mail=ann@example.com');
  const body = problem.parse(response.json());

  expect(response.statusCode).toBe(500);
  expect(response.headers['content-type']).toContain('application/problem+json');
  expect(body).toMatchObject({
    type: '/errors/INTERNAL',
    code: 'INTERNAL',
    status: 500,
    instance: '/secret/1',
  });
  expect(response.body).not.toMatch(/etc|db\.internal|ann@|at .*:\d+/);
  expect(response.headers['x-request-id']).toBe(body.requestId);
  expect(lines).toEqual([expect.objectContaining({ requestId: body.requestId, err: expect.any(Error) })]);
});

test('a part of the server that is away is told in the words of the table, with when to come back', async () => {
  const app = await startApp();
  app.get('/', async () => {
    throw new LeveretError('BROKER_UNAVAILABLE', 'connect ECONNREFUSED 10.0.0.7:5672');
  });
  const response = await app.inject('/');

  expect(response.statusCode).toBe(503);
  expect(response.headers['retry-after']).toBe('5');
  expect(response.body).not.toContain('10.0.0.7');
  expect(response.json()).toMatchObject({ code: 'BROKER_UNAVAILABLE' });
});

test('a filter that is wrong is refused with where the wrong term begins', async () => {
  const app = await startApp();
  app.get('/', async () => {
    throw new LeveretError('FILTER_INVALID', '"x" has no name', { details: { position: 7 } });
  });

  expect(problem.parse((await app.inject('/')).json())).toMatchObject({ status: 400, position: 7 });
});

test('an address that is not there, and a method that is not taken there, are told apart', async () => {
  const app = await startApp();
  app.get('/jobs/:id', async () => 'here');
  app.post('/jobs/:kind', async () => 'here');
  const nowhere = await app.inject('/job/1');
  const wrongMethod = await app.inject({ method: 'DELETE', url: '/jobs/1' });

  expect(nowhere.json()).toMatchObject({ status: 404, code: 'ROUTE_UNKNOWN', instance: '/job/1' });
  expect(wrongMethod.json()).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
  expect(wrongMethod.headers['allow']).toBe('GET, HEAD, POST');
});

test('a body that does not fit is told field by field', async () => {
  const app = await startApp();
  const body = z.strictObject({ to: z.array(z.email('is not a mail address')), count: z.int() });
  app.post('/', { schema: { body } }, async () => 'in');
  const payload = { to: ['ann@example.com', 'nobody'], count: 'three', queue: 'x', state: 'done' };
  const response = await app.inject({ method: 'POST', url: '/', payload });

  expect(response.json()).toMatchObject({ status: 422, code: 'PAYLOAD_INVALID' });
  expect(response.json<{ detail: string }>().detail).toContain('to.1: is not a mail address');
  expect(response.json<{ detail: string }>().detail).toMatch(/count: .*queue.*state/);
});

test.each([
  ['no JSON', 'application/json', '{', 400, 'REQUEST_INVALID'],
  ['another type', 'text/plain', 'hello', 415, 'MEDIA_TYPE_UNSUPPORTED'],
  ['a form', 'application/x-www-form-urlencoded', 'a=b', 415, 'MEDIA_TYPE_UNSUPPORTED'],
  ['a body beyond the limit', 'application/json', `"${'x'.repeat(1_100_000)}"`, 413, 'PAYLOAD_TOO_LARGE'],
])('%s is refused with its own code', async (_name, type, payload, status, code) => {
  const app = await startApp();
  app.post('/', async () => 'in');
  const response = await app.inject({ method: 'POST', url: '/', payload, headers: { 'content-type': type } });

  expect(response.json()).toMatchObject({ status, code });
});

test('an address that cannot be read is refused', async () => {
  const app = await startApp();
  app.get('/:name', async () => 'in');
  const response = await app.inject('/%zz');

  expect(problem.parse(response.json())).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
});

test('a client cannot choose the id of its request', async () => {
  const app = await startApp();
  app.get('/', async (request) => request.id);
  const response = await app.inject({ url: '/', headers: { 'request-id': 'mine', 'x-request-id': 'mine' } });

  expect(response.body).not.toBe('mine');
  expect(response.headers['x-request-id']).toBe(response.body);
});
