import { expect, test } from 'vitest';
import { parseJsonBody } from './json-body.ts';

const refused = expect.objectContaining({ code: 'REQUEST_INVALID' });

test.each([
  ['nothing', ''],
  ['half of it', '{"a":'],
  ['200,000 nested lists', '['.repeat(200_000) + ']'.repeat(200_000)],
  ['a list of half a million numbers', `[${'1,'.repeat(500_000)}1]`],
  ['a hundred thousand keys', `{${'"k":1,'.repeat(100_000)}"k":1}`],
  ['a number beyond all numbers', '{"a":1e400}'],
  ['a number of a megabyte', `{"a":${'9'.repeat(1_000_000)}}`],
  ['__proto__', '{"a":[{"__proto__":{"polluted":true}}]}'],
  ['__proto__ in disguise', '{"\\u005f\\u005fproto__":{"polluted":true}}'],
  ['constructor.prototype', '{"constructor":{"prototype":{"polluted":true}}}'],
])('%s is refused', (_name, text) => {
  expect(() => parseJsonBody(Buffer.from(text))).toThrow(refused);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('bytes that are not UTF-8 are refused instead of being changed', () => {
  expect(() => parseJsonBody(Buffer.from([0x22, 0xff, 0xfe, 0x22]))).toThrow(refused);
});

test.each([
  ['a word that means something elsewhere', '{"constructor":"McLaren","prototype":"MP4/4"}'],
  ['commas and brackets in texts', JSON.stringify({ a: '[{,'.repeat(30_000), '\\",[': ['\\', ','] })],
  ['ten thousand values', JSON.stringify(Array.from({ length: 10_000 }, (_, value) => value))],
  ['characters that are rarely meant well', '{"a":"\\u0000 \\ud800 \\u202e"}'],
])('%s is taken as it is', (_name, text) => {
  expect(parseJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
});
