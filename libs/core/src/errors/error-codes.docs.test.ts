import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERROR_CODES } from './error-codes.ts';

const page = readFileSync(new URL('../../../../docs/reference/errors.md', import.meta.url), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => /^\| `[A-Z_]+` \|/.test(line))
  .map((line) => line.slice(2, -2).split(' | '));

test('docs/reference/errors.md is the error table: every code, its status, whether again, title and action', () => {
  const expected = Object.entries(ERROR_CODES).map(([code, { httpStatus, retryable, title, action }]) => [
    `\`${code}\``,
    String(httpStatus),
    retryable ? 'yes' : 'no',
    title,
    action,
  ]);

  expect(rows).toEqual(expected);
});

test('no code is written anywhere on the page that is not in the table', () => {
  const mentioned = new Set([...page.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code]) => code));

  expect([...mentioned].filter((code) => !Object.hasOwn(ERROR_CODES, code ?? ''))).toEqual([]);
});
