import { LeveretError } from '@leveret/core';
import { expect, test } from 'vitest';
import { parseEnvironment } from './parse-environment.ts';
import {
  apiKeysSetting,
  blobSetting,
  brokerSetting,
  LEVERET_VARIABLES,
  mailSetting,
  portSetting,
  storeSetting,
} from './settings.ts';

function mistakesIn(shape: Parameters<typeof parseEnvironment>[0], env: Record<string, string>): string {
  try {
    parseEnvironment(shape, env, LEVERET_VARIABLES);
  } catch (error) {
    expect(error).toBeInstanceOf(LeveretError);
    return (error as LeveretError).message;
  }
  return '';
}

test('several brokers are separated by commas', () => {
  const { LEVERET_AMQP_URL } = parseEnvironment(
    { LEVERET_AMQP_URL: brokerSetting },
    { LEVERET_AMQP_URL: 'amqp://a, amqps://b/v' },
    [],
  );

  expect(LEVERET_AMQP_URL).toEqual({ kind: 'rabbitmq', urls: ['amqp://a', 'amqps://b/v'] });
});

test.each([
  ['./data/x.db', './data/x.db'],
  ['sqlite:./x.db', './x.db'],
  ['sqlite:///var/x.db', '/var/x.db'],
  ['file:x.db', 'x.db'],
])('the ledger %s is the file %s', (text, path) => {
  expect(storeSetting.parse(text)).toBe(path);
});

test.each([
  ['file:./blobs', './blobs'],
  ['file:///var/blobs', '/var/blobs'],
  ['file:/var/with%20space', '/var/with space'],
])('the blob storage %s is the folder %s', (text, path) => {
  expect(blobSetting.parse(text)).toBe(path);
});

test('mail goes to a server, or is captured', () => {
  expect(mailSetting.parse('capture:')).toEqual({ kind: 'capture' });
  expect(mailSetting.parse('capture:/tmp/mail')).toEqual({ kind: 'capture', folder: '/tmp/mail' });
  expect(mailSetting.parse('smtp://127.0.0.1:2525')).toEqual({ kind: 'smtp', url: 'smtp://127.0.0.1:2525' });
});

test('every mistake is told at once, by the name of its variable, without its value', () => {
  const shape = { LEVERET_AMQP_URL: brokerSetting, PORT: portSetting, LEVERET_API_KEYS: apiKeysSetting };
  const mistakes = mistakesIn(shape, {
    LEVERET_AMQP_URL: 'http://user:secret@x',
    PORT: '70000',
    LEVERET_API_KEYS: 'short',
    LEVERET_HOTS: 'x',
  });

  expect(mistakes.split('\n').map((line) => line.split(':')[0])).toEqual([
    'LEVERET_AMQP_URL',
    'PORT',
    'LEVERET_API_KEYS',
    'LEVERET_HOTS',
  ]);
  expect(mistakes).not.toContain('secret');
  expect(mistakes).not.toContain('short');
});

test('what comes in a later release is refused in words', () => {
  expect(mistakesIn({ LEVERET_STORE_URL: storeSetting }, { LEVERET_STORE_URL: 'postgres://h/db' })).toContain(
    'later release',
  );
  expect(mistakesIn({ LEVERET_BLOB_URL: blobSetting }, { LEVERET_BLOB_URL: 's3://bucket' })).toContain(
    'later release',
  );
});

test('a folder whose address cannot be read is told with its variable', () => {
  expect(mistakesIn({ LEVERET_BLOB_URL: blobSetting }, { LEVERET_BLOB_URL: 'file:%zz' })).toBe(
    'LEVERET_BLOB_URL: must be a folder, such as file:./data/blobs; a % is written %25',
  );
});

test('a password with a % that encodes nothing is told with its variable, without its value', () => {
  expect(mistakesIn({ LEVERET_AMQP_URL: brokerSetting }, { LEVERET_AMQP_URL: 'amqp://a:%zz@b' })).toBe(
    'LEVERET_AMQP_URL: holds a % that encodes nothing: in a password, % itself is written %25',
  );
});

test('an empty variable counts as absent', () => {
  expect(mistakesIn({ LEVERET_AMQP_URL: brokerSetting.optional() }, { LEVERET_AMQP_URL: '' })).toBe('');
});

test('a setting that is missing is told with what to set', () => {
  expect(mistakesIn({ LEVERET_AMQP_URL: brokerSetting }, {})).toBe(
    'LEVERET_AMQP_URL: is required: an amqp:// URL (several are separated by commas), or the word embedded:',
  );
});
