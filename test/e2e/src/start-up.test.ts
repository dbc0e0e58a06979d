import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { startApp } from '@leveret/testing/processes';
import { expect, test } from 'vitest';
import { makeFolder, startStandalone } from './start-apps.ts';

async function refusal(
  entry: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<string> {
  const app = startApp({ entry, env, args });
  const { code } = await app.exited;
  expect(code).toBe(1);
  expect(app.output()).not.toMatch(/\n +at /);
  return app.output();
}

const standalone = 'apps/standalone/dist/main.js';
const api = 'apps/api/dist/main.js';
const worker = 'apps/worker/dist/main.js';

/** A port on which somebody listens and never says a word. */
async function listenSilently() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
}

test('API and worker do not start without being told where work goes, and say all that is missing at once', async () => {
  const ofApi = await refusal(api, {});
  const ofWorker = await refusal(worker, {});

  expect(ofApi).toContain('CONFIG_INVALID');
  for (const name of ['LEVERET_AMQP_URL', 'LEVERET_STORE_URL']) expect(ofApi).toContain(name);
  for (const name of ['LEVERET_AMQP_URL', 'LEVERET_STORE_URL', 'LEVERET_SMTP_URL'])
    expect(ofWorker).toContain(name);
});

test('a setting that does not exist, and one that comes later, are refused with words', async () => {
  const output = await refusal(standalone, {
    LEVERET_AMPQ_URL: 'amqp://localhost',
    LEVERET_STORE_URL: 'postgres://localhost/leveret',
    LEVERET_BLOB_URL: 's3://bucket',
  });

  expect(output).toContain('LEVERET_AMPQ_URL: is not a setting');
  expect(output).toContain('PostgreSQL comes in a later release');
  expect(output).toContain('S3 comes in a later release');
});

test('D-04 a server that other machines could reach needs keys', async () => {
  await using folder = await makeFolder();

  const output = await refusal(standalone, { HOST: '0.0.0.0', PORT: '0', LEVERET_DATA_DIR: folder.path });

  expect(output).toContain('LEVERET_API_KEYS');
});

test('a port in use is named', async () => {
  await using folder = await makeFolder();
  using other = await listenSilently();

  const output = await refusal(standalone, { PORT: String(other.port), LEVERET_DATA_DIR: folder.path });

  expect(output).toContain('PORT_IN_USE');
  expect(output).toContain(String(other.port));
});

test('a data folder that cannot be written is named', async () => {
  await using folder = await makeFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, '');

  const output = await refusal(standalone, { PORT: '0', LEVERET_DATA_DIR: join(file, 'data') });

  expect(output).toContain('DATA_DIR_UNWRITABLE');
  expect(output).toContain(file);
});

test('a second start on one data folder is refused, and the first goes on', async () => {
  await using folder = await makeFolder();
  await using first = await startStandalone(folder.path);

  const output = await refusal(standalone, { PORT: '0', LEVERET_DATA_DIR: folder.path });

  expect(output).toContain('DATA_DIR_IN_USE');
  expect(output).toContain(String(first.app.pid));
  expect((await first.client.get('/health/ready')).status).toBe(200);
});

test('a server that was killed leaves a data folder that can be used at once', async () => {
  await using folder = await makeFolder();
  {
    await using killed = await startStandalone(folder.path);
    killed.app.signal('SIGKILL');
    await killed.app.exited;
  }

  await using next = await startStandalone(folder.path);

  expect((await next.client.get('/health/ready')).status).toBe(200);
});

test('a broker that is not there, and one that answers nothing, are told apart from a login that is refused', async () => {
  await using folder = await makeFolder();
  using silent = await listenSilently();
  const env = {
    LEVERET_STORE_URL: join(folder.path, 'leveret.db'),
    LEVERET_DATA_DIR: folder.path,
    PORT: '0',
  };

  const gone = await refusal(api, { ...env, LEVERET_AMQP_URL: 'amqp://user:secret@127.0.0.1:9/' });
  const mute = await refusal(api, {
    ...env,
    LEVERET_AMQP_URL: `amqp://user:secret@127.0.0.1:${silent.port}/`,
  });

  expect(gone).toContain('BROKER_UNAVAILABLE');
  expect(gone).toContain('ECONNREFUSED');
  expect(mute).toContain('did not answer within 5 s');
  expect(gone + mute).not.toContain('secret');
});

test('a command line that is wrong is answered with its usage', async () => {
  expect(await refusal(worker, {}, ['--queue', 'mail'])).toContain('usage: worker');
  expect(await refusal(standalone, {}, ['--twice'])).toContain('usage: npm start');
});
