import { projectRoot } from '@leveret/testing/processes';
import { describe, expect, test } from 'vitest';
import { loadApiConfig } from '../../../apps/api/src/config.ts';
import { loadWorkerConfig } from '../../../apps/worker/src/config.ts';
import { readText } from './build-context.ts';
import { durationMs, environmentOf, parseCompose, referencesIn } from './compose-file.ts';
import { lintCompose } from './compose-rules.ts';
import { readImage } from './dockerfile-rules.ts';

const text = readText(projectRoot, 'docker/compose.yaml');
const { services } = parseCompose(text);
const built = ['api', 'worker'] as const;
/** What docker/.env holds, in the form that make-env.sh gives it. */
const variables = { RABBITMQ_PASSWORD: 'a1'.repeat(32), LEVERET_API_KEYS: 'b2'.repeat(32) };

function serviceOf(name: string) {
  const service = services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
}

/** Everything that the process in a container finds: what the image sets, and what the service does. */
function containerEnvironment(name: (typeof built)[number], given: Readonly<Record<string, string>>) {
  const { environment } = readImage(readText(projectRoot, `docker/${name}.Dockerfile`));
  return { ...environment, ...environmentOf(serviceOf(name), given) };
}

test('the compose file keeps the rules', () => {
  expect(lintCompose(text)).toEqual([]);
});

/** What a slip of the pen would make of the compose file, and what is said to it. */
const mistakes: readonly [string, string | RegExp, string, string][] = [
  ['what is no YAML', 'services:', 'services: [', 'invalid-yaml'],
  ['a key that Compose does not know', 'read_only: true', 'readonly: true', 'invalid-schema'],
  ['a value of the wrong type', 'pids_limit: 128', 'pids_limit: [128]', 'invalid-schema'],
  ['the newest image', 'axllent/mailpit:v1.30.7', 'axllent/mailpit:latest', 'explicit-tag'],
  ['an image without a tag', 'rabbitmq:4.2-management', 'rabbitmq', 'explicit-tag'],
  ['a port for everybody', '127.0.0.1:3000:3000', '3000:3000', 'unbound-port'],
  ['a port for the network', '127.0.0.1:3000:3000', '0.0.0.0:3000:3000', 'api: publishes'],
  ['a misspelt setting', 'LEVERET_STORE_URL', 'LEVERET_STORE_ULR', 'LEVERET_STORE_ULR is not a setting'],
  ['a setting that comes later', 'LEVERET_MAIL_FROM', 'LEVERET_S3_URL', 'LEVERET_S3_URL is not a setting'],
  ['a key in the file', /LEVERET_API_KEYS: .*/, `LEVERET_API_KEYS: ${'k'.repeat(20)}`, 'not demanded'],
  ['a default key', 'LEVERET_API_KEYS:?run', 'LEVERET_API_KEYS:-run', 'not demanded'],
  ['a password in the file', /RABBITMQ_DEFAULT_PASS: .*/, 'RABBITMQ_DEFAULT_PASS: guest', 'not demanded'],
  ['a password in a URL', /amqp:\/\/leveret:[^}]*}/, 'amqp://leveret:guest', 'password in its URL'],
  ['a variable without a word', 'LEVERET_CONCURRENCY:-2', 'LEVERET_CONCURRENCY', 'without a word'],
  ['no restart', 'restart: unless-stopped', 'restart: "no"', 'worker: is not started again'],
  ['capabilities', 'cap_drop: [ALL]', 'cap_drop: [NET_RAW]', 'worker: keeps capabilities'],
  ['privileges to gain', 'no-new-privileges:true', 'no-new-privileges:false', 'may gain privileges'],
  ['endless logs', ", max-file: '5'", '', 'a log that grows'],
  ['a broker as root', 'user: rabbitmq', 'user: root', 'rabbitmq: runs as root'],
  ['a writable root file system', 'read_only: true', 'read_only: false', 'api: can write'],
  ['no memory limit', 'mem_limit: 2g', 'mem_swappiness: 0', 'worker: has no memory limit'],
  ['no limit of processes', 'pids_limit: 512', 'cpu_count: 2', 'worker: has no limit of processes'],
  [
    'no health check',
    / {4}healthcheck:\n {6}test: \[CMD, \/mailpit.*\n(?: {6}.*\n)+/,
    '',
    'mailpit: has no health',
  ],
  ['a health check by shell', '[CMD, /mailpit, readyz]', '/mailpit readyz', 'mailpit: has no health check'],
  ['a start too early', 'service_healthy', 'service_started', 'does not wait until rabbitmq is healthy'],
  ['no time to stop', 'stop_grace_period: 60s', 'cpu_count: 2', 'has no time to stop'],
  ['a folder of the host', 'data:/data', './data:/data', './data is no named volume'],
  ['one worker only', '  worker:\n', '  worker:\n    container_name: worker\n', 'a fixed name'],
  [
    'a port of one worker',
    '  worker:\n',
    "  worker:\n    ports: ['127.0.0.1:3001:3001']\n",
    'ports of the host',
  ],
];

test.each(mistakes)('a compose file with %s is told apart', (_name, from, to, words) => {
  const planted = text.replace(from, to);

  expect(planted).not.toBe(text);
  expect(lintCompose(planted).join('\n')).toContain(words);
});

describe('the applications', () => {
  test('take what the API is told', () => {
    const config = loadApiConfig(containerEnvironment('api', variables));

    expect(config).toMatchObject({
      storeFile: '/data/leveret.db',
      blobFolder: '/data/blobs',
      host: '0.0.0.0',
    });
    expect(config.apiKeys).toEqual([variables.LEVERET_API_KEYS]);
    expect(config.broker).toEqual({
      kind: 'rabbitmq',
      urls: [`amqp://leveret:${variables.RABBITMQ_PASSWORD}@rabbitmq:5672`],
      namespace: 'leveret',
    });
  });

  test('take what a worker is told, and its mail goes to the catcher', () => {
    const config = loadWorkerConfig(containerEnvironment('worker', variables), []);

    expect(config).toMatchObject({
      storeFile: '/data/leveret.db',
      blobFolder: '/data/blobs',
      concurrency: 2,
    });
    expect(config.mail).toEqual({ kind: 'smtp', url: 'smtp://mailpit:1025' });
    expect(config.healthPort).toBeGreaterThan(0);
  });

  test('take what a person adds to docker/.env', () => {
    const added = {
      LEVERET_SMTP_URL: 'smtps://mail.example.com',
      LEVERET_CONCURRENCY: '8',
      LOG_LEVEL: 'warn',
    };

    const config = loadWorkerConfig(containerEnvironment('worker', { ...variables, ...added }), []);

    expect(config).toMatchObject({ concurrency: 8, logLevel: 'warn' });
    expect(config.mail).toEqual({ kind: 'smtp', url: 'smtps://mail.example.com' });
  });

  test('share the volume, and the port that is published is the one the API listens on', () => {
    const { PORT } = containerEnvironment('api', variables) as { readonly PORT?: string };

    for (const name of built) expect(serviceOf(name).volumes).toEqual(['data:/data']);
    expect(serviceOf('api').ports).toEqual([`127.0.0.1:3000:${PORT}`]);
  });

  test('are built from Dockerfiles of their own', () => {
    for (const name of built)
      expect(serviceOf(name).build).toEqual({ context: '..', dockerfile: `docker/${name}.Dockerfile` });
  });

  test.each(built)('%s is ended only after it had the time it takes to stop', (name) => {
    const source = readText(projectRoot, `apps/${name}/src/main.ts`);
    const takesMs = Number(/STOP_WITHIN_MS = ([\d_]+)/.exec(source)?.[1]?.replaceAll('_', ''));

    expect(takesMs).toBeGreaterThan(0);
    expect(durationMs(serviceOf(name).stop_grace_period)).toBeGreaterThan(takesMs);
  });
});

test('nothing starts without what make-env.sh writes', () => {
  for (const name of ['rabbitmq', 'api', 'worker'])
    expect(() => environmentOf(serviceOf(name), {})).toThrow('docker/make-env.sh');
});

test('README.md names every variable that docker/.env may hold', () => {
  const readme = readText(projectRoot, 'docker/README.md');
  const environments = Object.values(services).flatMap(({ environment = {} }) => Object.entries(environment));
  const names = environments.flatMap(([name, value]) =>
    value === null ? [name] : referencesIn(String(value)).map((reference) => reference.name),
  );

  expect([...new Set(names)].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
