import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskSecrets } from './secrets.ts';

test.each([
  ['amqp://leveret:s3cret@broker:5672/jobs', 'amqp://[redacted]@broker:5672/jobs'],
  ['amqp://s3cret@broker', 'amqp://[redacted]@broker'],
  ['smtp://u:s3c:s3cret@mail', 'smtp://[redacted]@mail'],
  ['smtp://:s3cret@mail', 'smtp://[redacted]@mail'],
  ['smtps://ann@example.com:s3cret@mail', 'smtps://[redacted]@mail'],
  ['amqp://u:s3cret/s3cret@broker/jobs', 'amqp://[redacted]@broker/jobs'],
  ['amqp://u:s3cret?#s3cret@broker', 'amqp://[redacted]@broker'],
  ['https://s3cret@host/a?mail=ann@example.com', 'https://[redacted]@host/a?mail=ann@example.com'],
  ['amqp://u:s3cret@a,amqp://u:s3cret@b', 'amqp://[redacted]@a,amqp://[redacted]@b'],
  ['{"url":"amqp://u:s3cret@a","mail":"ann@b"}', '{"url":"amqp://[redacted]@a","mail":"ann@b"}'],
])('%s is written without its user and password', (url, masked) => {
  expect(maskSecrets(`connect to ${url} failed\nat ${url}`)).toBe(
    `connect to ${masked} failed\nat ${masked}`,
  );
});

test.each([
  'http://127.0.0.1:3000/@scope/name?mail=ann@example.com',
  'http://[::1]:3000/@scope',
  'https://example.com/~ann@example.com',
  'file:///home/ann@work/a.mp4',
  'ann@example.com: no such mailbox',
  '',
])('%j has no secret and stays as it is', (text) => {
  expect(maskSecrets(text)).toBe(text);
});

test('no password survives, whatever stands around its URL', () => {
  const secret = 'hunter2-SECRET';
  const around = fc.stringMatching(/^[ -~\n]{0,20}$/);

  fc.assert(
    fc.property(around, around, (before, after) => {
      expect(maskSecrets(`${before} amqp://user:${secret}@broker:5672 ${after}`)).not.toContain(secret);
    }),
  );
});

test('a text of a million characters that looks like URLs throughout is masked in linear time', () => {
  const text = '://a:'.repeat(200_000);

  expect(maskSecrets(text)).toBe(text);
});
