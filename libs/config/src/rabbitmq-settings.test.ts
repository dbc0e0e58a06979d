import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseEnvironment } from './parse-environment.ts';
import { rabbitmqSettings, toBroker } from './rabbitmq-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'leveret-pem-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const path = join(folder, `${text.length}.pem`);
  writeFileSync(path, text);
  return path;
}

const PEM = '-----BEGIN CERTIFICATE-----';
const pem = fileWith(PEM);
const rabbitmq = { kind: 'rabbitmq', urls: ['amqps://a'] } as const;

function brokerOf(env: Readonly<Record<string, string>>) {
  return toBroker(rabbitmq, parseEnvironment(rabbitmqSettings, env, []));
}

test('the files are read when the process starts', () => {
  const env = { LEVERET_AMQP_CA_FILE: pem, LEVERET_AMQP_CERT_FILE: pem, LEVERET_AMQP_KEY_FILE: pem };

  expect(brokerOf(env)).toEqual({ ...rabbitmq, namespace: 'leveret', tls: { ca: PEM, cert: PEM, key: PEM } });
});

test('without files, Node.js decides whom to trust', () => {
  expect(brokerOf({})).toEqual({ ...rabbitmq, namespace: 'leveret' });
});

test('an application may have a namespace of its own', () => {
  expect(brokerOf({ LEVERET_NAMESPACE: 'shop-2' })).toEqual({ ...rabbitmq, namespace: 'shop-2' });
});

test.each(['Shop', 'a.b', 'amq', '-'])('%j is no namespace, and said so', (namespace) => {
  expect(() => brokerOf({ LEVERET_NAMESPACE: namespace })).toThrow(
    /LEVERET_NAMESPACE: must be lower-case words/,
  );
});

test.each([
  [
    'that is not there',
    { LEVERET_AMQP_CA_FILE: join(folder, 'none') },
    'LEVERET_AMQP_CA_FILE: must be the path of a PEM file that can be read: ENOENT',
  ],
  [
    'that holds no PEM',
    { LEVERET_AMQP_CA_FILE: fileWith('x') },
    'LEVERET_AMQP_CA_FILE: must be the path of a PEM file: this file holds none',
  ],
  [
    'without its key',
    { LEVERET_AMQP_CERT_FILE: pem },
    'LEVERET_AMQP_CERT_FILE, LEVERET_AMQP_KEY_FILE: a certificate needs its key: set both, or none',
  ],
  ['without its certificate', { LEVERET_AMQP_KEY_FILE: pem }, 'a certificate needs its key'],
] as const)('a file %s is a mistake', (_what, env, words) => {
  expect(() => brokerOf(env)).toThrow(words);
});
