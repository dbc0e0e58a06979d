import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Environment, LEVERET_VARIABLES } from '@leveret/config';
import { messageOf } from '@leveret/core';
import { projectRoot } from '@leveret/testing/processes';
import { afterAll, expect, test } from 'vitest';
// An application's settings are its own affair: no package offers them to others.
import { loadApiConfig } from '../../../apps/api/src/config.ts';
import { loadStandaloneConfig } from '../../../apps/standalone/src/config.ts';
import { loadWorkerConfig } from '../../../apps/worker/src/config.ts';
import { readPage } from './page.ts';

const page = readPage('configuration.md');
const variables = page.tableWith('variable');
const flags = page.tableWith('flag');

const APPLICATIONS: Readonly<Record<string, (env: Environment) => unknown>> = {
  '`npm start`': (env) => loadStandaloneConfig(env, []),
  '`npm run api`': (env) => loadApiConfig(env),
  '`npm run worker`': (env) => loadWorkerConfig(env, []),
};
/** What every application must be told. */
const REQUIRED: Environment = {
  LEVERET_AMQP_URL: 'amqp://broker',
  LEVERET_STORE_URL: 'jobs.db',
  LEVERET_SMTP_URL: 'smtp://mail',
};
const folder = mkdtempSync(join(tmpdir(), 'leveret-pem-'));
const pemFile = join(folder, 'any.pem');
writeFileSync(pemFile, '-----BEGIN CERTIFICATE-----');
afterAll(() => rmSync(folder, { recursive: true }));

/** A value of each variable that is nobody's default. */
const OTHER: Environment = {
  LEVERET_DATA_DIR: '/elsewhere',
  LEVERET_AMQP_URL: 'amqps://other',
  LEVERET_NAMESPACE: 'other',
  LEVERET_AMQP_CA_FILE: pemFile,
  LEVERET_AMQP_CERT_FILE: pemFile,
  LEVERET_AMQP_KEY_FILE: pemFile,
  LEVERET_STORE_URL: 'sqlite:other.db',
  LEVERET_BLOB_URL: 'file:/other',
  LEVERET_SMTP_URL: 'smtps://user:password@other:2465',
  LEVERET_MAIL_FROM: 'other@example.com',
  LEVERET_API_KEYS: 'another-key-of-many',
  LEVERET_UPLOAD_LIMIT_BYTES: '1000000000000',
  LEVERET_RETENTION: 'mail.*:succeeded=12h',
  LEVERET_WAITING_LIMIT: 'mail=10m,1h',
  LEVERET_QUEUES: 'other',
  LEVERET_CONCURRENCY: '1000',
  LEVERET_HEALTH_PORT: '0',
  HOST: '127.0.0.2',
  PORT: '65535',
  LOG_LEVEL: 'silent',
};
/** Variables that come together. */
const PARTNERS: Readonly<Record<string, string>> = {
  LEVERET_AMQP_CERT_FILE: 'LEVERET_AMQP_KEY_FILE',
  LEVERET_AMQP_KEY_FILE: 'LEVERET_AMQP_CERT_FILE',
};

const cells = variables.rows.flatMap((row) => {
  const name = row['variable']?.slice(1, -1) ?? '';
  return Object.entries(APPLICATIONS).map(
    ([application, load]) => [name, application, row[application] ?? '', load] as const,
  );
});

test('the page has every variable that there is, and names no other', () => {
  const listed = variables.rows.map((row) => row['variable']?.slice(1, -1));
  const mentioned = [...page.text.matchAll(/\bLEVERET_[A-Z_]+/g)].map(([name]) => name);

  expect(listed.sort()).toEqual([...LEVERET_VARIABLES, 'HOST', 'PORT', 'LOG_LEVEL'].sort());
  expect(
    mentioned.filter((name) => !LEVERET_VARIABLES.includes(name) && !/^LEVERET_(TEST_)?$/.test(name)),
  ).toEqual([]);
});

test.each(cells)('%s of %s is as the page says: %s', (name, _, cell, load) => {
  const { [name]: _given, ...without } = REQUIRED;
  const partner = PARTNERS[name] ?? name;
  const withOther = { ...without, [partner]: OTHER[partner], [name]: OTHER[name] };

  switch (cell) {
    case '–':
      expect(load(withOther)).toEqual(load(without));
      break;
    case 'required':
      expect(() => load(without)).toThrow(`${name}: is required`);
      expect(load(withOther)).toBeDefined();
      break;
    case 'none':
    case 'all':
      expect(load(withOther)).not.toEqual(load(without));
      break;
    default: {
      const stated = cell.slice(1, -1).replace('<data>', './data');
      expect(load({ ...without, [name]: stated })).toEqual(load(without));
      expect(load(withOther)).not.toEqual(load(without));
    }
  }
});

/** The flags that the page gives a command. */
function flagsOf(command: string): readonly string[] {
  return flags.rows
    .filter((row) => row['command'] === `\`${command}\``)
    .map((row) => row['flag']?.slice(1, -1) ?? '');
}

/** The flags in the usage that a wrong command line is answered with. */
function usageOf(load: (env: Environment, args: readonly string[]) => unknown): readonly string[] {
  try {
    load(REQUIRED, ['--no-such-flag']);
  } catch (error) {
    return /usage: (.*)/.exec(messageOf(error))?.[1]?.match(/--[a-z]+/g) ?? [];
  }
  return [];
}

test('the page has the flags of the applications, and no other', () => {
  expect(flagsOf('npm start')).toEqual(usageOf(loadStandaloneConfig));
  expect(flagsOf('npm run worker')).toEqual(usageOf(loadWorkerConfig));
  expect(flagsOf('npm run api')).toEqual([]);
});

test('the page has the flags of the benchmark with their defaults, and its argument', async () => {
  const args = ['--conditions=@leveret/source', '--import', 'tsx', 'apps/cli/src/main.ts', 'bench', '--help'];
  const env = { ...process.env, LEVERET_AMQP_URL: 'amqp://broker', COLUMNS: '200' };
  const { stdout: help } = await promisify(execFile)(process.execPath, args, { cwd: projectRoot, env });
  const options = [...help.matchAll(/^ +(--[a-z]+)(?:.*default: "?([\w-]+))?/gm)];
  const own = flags.rows.filter(({ command }) => command === '`npm run bench`');

  expect(own.map(({ flag, default: stated }) => [flag, stated])).toEqual(
    options.map(([, name, value = 'none']) => [`\`${name}\``, toCell(value)]),
  );
  const [, benchmarks = ''] = /^ +benchmark +(.*)$/m.exec(help) ?? [];
  for (const name of benchmarks.split(' | ')) expect(page.text).toContain(`\`${name}\``);
});

function toCell(value: string): string {
  if (value === 'none') return value;
  return value === 'false' ? 'off' : `\`${value}\``;
}
