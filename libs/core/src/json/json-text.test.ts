import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indentJson } from './json-text.ts';

test('values stay as they are written', () => {
  expect(indentJson('{"n":12345678901234567890, "rate":1.10,\n"text":"a\\"{,:}\\\\"}')).toBe(
    '{\n  "n": 12345678901234567890,\n  "rate": 1.10,\n  "text": "a\\"{,:}\\\\"\n}',
  );
});

test('it indents as JSON.stringify does, however the text was written', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, 4), (value, width) => {
      expect(indentJson(JSON.stringify(value, null, width))).toBe(JSON.stringify(value, null, 2));
    }),
  );
});

test('deep nesting is no problem', () => {
  const deep = `${'['.repeat(50_000)}1${']'.repeat(50_000)}`;

  expect(indentJson(deep).replaceAll(/\s/g, '')).toBe(deep);
});
