import { expect, test } from 'vitest';
import { sniffPicture } from './picture-type.ts';

test.each([
  ['image/webp', 'RIFF\x10\0\0\0WEBPVP8 '],
  ['image/jpeg', '\xff\xd8\xff\xe0\0\x10JFIF'],
  ['image/png', '\x89PNG\r\n\x1a\n\0\0\0\r'],
  ['image/gif', 'GIF89a\x01\0'],
])('%s is recognised by its first bytes', (type, head) => {
  expect(sniffPicture(Buffer.from(head, 'latin1'))).toBe(type);
});

test.each([
  '',
  '<svg xmlns="http://www.w3.org/2000/svg">',
  '<!doctype html>',
  'RIFF\x10\0\0\0AVI LIST',
  '\0\0\0\x20ftypisom',
  'GIF8',
])('%j is no picture', (head) => {
  expect(sniffPicture(Buffer.from(head, 'latin1'))).toBeUndefined();
});
