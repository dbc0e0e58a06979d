import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { NAMES } from '../../fixtures/names.ts';
import { viewManagement } from './look-management.ts';
import { addressOf, createManagementApi } from './management.ts';

/** Something that speaks HTTP. */
async function startServer(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, server, [Symbol.asyncDispose]: close };
}

function asBody(body: unknown) {
  return body;
}

test.each([
  ['amqp://user:p%40ss@broker/jobs', undefined, 'http://broker:15672', 'user', 'p@ss'],
  ['amqps://user:pass@broker:5671', undefined, 'https://broker:15671', 'user', 'pass'],
  ['amqp://broker', undefined, 'http://broker:15672', 'guest', 'guest'],
  ['amqp://user:pass@broker', 'https://other/rabbit/', 'https://other/rabbit', 'user', 'pass'],
  ['amqp://user:pass@broker', 'https://admin:other@broker:1', 'https://broker:1', 'admin', 'other'],
])('beside %s, with %s, the API is at %s, asked as %s', (amqpUrl, given, url, user, password) => {
  expect(addressOf(amqpUrl, given)).toEqual({ url, user, password });
});

test('an API that does not answer is given up after five seconds', async () => {
  await using silent = await startServer(() => undefined);
  const clock = createManualClock();
  const api = createManagementApi({ url: silent.url, user: 'user', password: 'secret' }, clock);

  const reading = api.read('/overview', asBody);
  await once(silent.server, 'request');
  await clock.advance(5_000);

  expect(await reading).toEqual({ known: false, why: expect.stringContaining('did not answer within 5 s') });
});

test.each<[string, RequestListener, RegExp]>([
  ['refuses', (_, response) => response.writeHead(401).end('{}'), /does not show this to the user user/],
  ['fails', (_, response) => response.writeHead(500).end(), /it answered 500/],
  ['is a web page', (_, response) => response.end('<html>'), /is of no help/],
  [
    'redirects, which would take the password elsewhere',
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    /is of no help/,
  ],
])('an API that %s is not believed, and the password not told', async (_, answer, words) => {
  await using server = await startServer(answer);
  const address = { url: server.url, user: 'user', password: 'secret' };

  const seen = await createManagementApi(address, systemClock).read('/overview', asBody);

  expect(seen).toEqual({ known: false, why: expect.stringMatching(words) });
  expect(JSON.stringify(seen)).not.toContain('secret');
});

test('the API of another broker tells nothing of this one', async () => {
  const body = JSON.stringify({ cluster_name: 'other', rabbitmq_version: '4.3.5' });
  await using server = await startServer((_, response) => response.end(body));
  const api = createManagementApi({ url: server.url, user: 'user', password: 'secret' }, systemClock);

  const view = await viewManagement(api, {
    vhost: '/',
    user: 'user',
    server: { product: 'RabbitMQ', version: '4.3.5', clusterName: 'this' },
    names: NAMES,
  });

  for (const part of Object.values(view))
    expect(part).toEqual({ known: false, why: expect.stringContaining('belongs to another broker: other') });
});

/** Answers every path that is given with its body; the health check of alarms as a broker does. */
function answering(bodies: Readonly<Record<string, unknown>>): RequestListener {
  return ({ url = '' }, response) => {
    const [path = ''] = url.split('?');
    response.writeHead(path === '/api/health/checks/alarms' ? 503 : 200);
    response.end(JSON.stringify(bodies[path] ?? []));
  };
}

test('an alarm is seen although the check that tells it fails; a node that has just started is not known', async () => {
  const alarms = [{ node: 'one', resource: 'memory' }];
  await using server = await startServer(
    answering({
      '/api/overview': { cluster_name: 'this', rabbitmq_version: '4.3.5' },
      '/api/health/checks/alarms': { status: 'failed', alarms },
      '/api/nodes': [{ name: 'one', running: true }],
    }),
  );
  const api = createManagementApi({ url: server.url, user: 'user', password: 'secret' }, systemClock);

  const view = await viewManagement(api, {
    vhost: '/',
    user: 'user',
    server: { product: 'RabbitMQ', version: '4.3.5', clusterName: 'this' },
    names: NAMES,
  });

  expect(view.alarms).toEqual({ known: true, value: alarms });
  expect(view.nodes).toEqual({ known: false, why: expect.stringContaining('does not know its nodes yet') });
});
