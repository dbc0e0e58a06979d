import { expect, test } from 'vitest';
import { childrenOf, rootOf } from './json-text.ts';

function shown(text: string, limit = 100) {
  return childrenOf(text, rootOf(text), limit).map(({ name, value }) => [
    name,
    value.kind,
    text.slice(value.start, value.end),
  ]);
}

test('numbers keep all their digits', () => {
  expect(shown('{"order": 9007199254740993, "small": -1.50e-7}')).toEqual([
    ['order', 'number', '9007199254740993'],
    ['small', 'number', '-1.50e-7'],
  ]);
});

test('brackets and quotation marks in texts do not count', () => {
  expect(shown(String.raw`[ "a]\"}", {"b\"": [1, "]"]} , null,true ]`)).toEqual([
    [undefined, 'text', String.raw`"a]\"}"`],
    [undefined, 'object', String.raw`{"b\"": [1, "]"]}`],
    [undefined, 'word', 'null'],
    [undefined, 'word', 'true'],
  ]);
});

test('a long list is read as far as it is shown', () => {
  expect(shown(`[${Array.from({ length: 1_000 }, (_, index) => index).join(',')}]`, 3)).toHaveLength(3);
});

test('what is empty has no children', () => {
  expect(shown('{ }')).toEqual([]);
  expect(shown(' [] ')).toEqual([]);
  expect(rootOf(' 12 ')).toEqual({ kind: 'number', start: 1, end: 3 });
});
