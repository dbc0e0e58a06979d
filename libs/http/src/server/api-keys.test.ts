import { expect, test } from 'vitest';
import { createApiKeyCheck } from './api-keys.ts';

const isKnown = createApiKeyCheck(['the-first-of-the-keys', 'the-second-of-the-keys']);

test.each([
  ['Bearer the-first-of-the-keys'],
  ['bearer the-second-of-the-keys'],
  ['Bearer   the-first-of-the-keys '],
])('"%s" opens the door', (header) => {
  expect(isKnown(header)).toBe(true);
});

test.each([
  [undefined],
  [''],
  ['Bearer'],
  ['Bearer '],
  ['the-first-of-the-keys'],
  ['Basic the-first-of-the-keys'],
  ['Bearer the-first-of-the-keyz'],
  ['Bearer the-first-of-the-keys-and-more'],
  ['Bearer the-first-of-the-keys the-second-of-the-keys'],
])('"%s" does not', (header) => {
  expect(isKnown(header)).toBe(false);
});

test('no keys open nothing', () => {
  expect(createApiKeyCheck([])('Bearer x')).toBe(false);
});
