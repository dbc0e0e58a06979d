import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { announcedSha256 } from './content-digest.ts';

const digest = createHash('sha256').update('a film').digest();
const base64 = digest.toString('base64');
const hex = digest.toString('hex');

test('a client that announces nothing is believed', () => {
  expect(announcedSha256({})).toBeUndefined();
});

test.each([
  [{ 'content-digest': `sha-256=:${base64}:` }],
  [{ 'repr-digest': `sha-256=:${base64}:` }],
  [{ 'content-digest': `sha-512=:AAAA:, sha-256=:${base64}:` }],
  [{ 'content-digest': `sha-256=:${base64}:`, 'repr-digest': `sha-256=:${base64}:` }],
])('the SHA-256 is read from %j', (headers) => {
  expect(announcedSha256(headers)).toBe(hex);
});

test.each([
  [{ 'content-digest': 'md5=:AAAA:' }],
  [{ 'content-digest': `sha-256=${base64}` }],
  [{ 'content-digest': 'sha-256=:AAAA:' }],
  [{ 'content-digest': hex }],
  [{ 'repr-digest': '' }],
  [
    {
      'content-digest': `sha-256=:${base64}:`,
      'repr-digest': `sha-256=:${createHash('sha256').digest('base64')}:`,
    },
  ],
])('%j is refused', (headers) => {
  expect(() => announcedSha256(headers)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
});
