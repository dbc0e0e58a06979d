import { expect, expectTypeOf, test } from 'vitest';
import { isPlainJson, type Json, type JsonCompatible } from './json.ts';
import { findJsonFault } from './json-fault.ts';

interface Size {
  readonly width: number;
  readonly inner?: { readonly tags: readonly string[] };
  readonly next?: Size;
}

test('types that JSON can carry stay as they are, and others have words in their place', () => {
  expectTypeOf<Size>().toExtend<JsonCompatible<Size>>();
  expectTypeOf<JsonCompatible<Json>>().toEqualTypeOf<Json>();
  expectTypeOf<JsonCompatible<unknown>>().toBeUnknown();
  expectTypeOf<JsonCompatible<{ a?: string | undefined }>>().toEqualTypeOf<{ a?: string | undefined }>();
  expectTypeOf<{ at: Date }>().not.toExtend<JsonCompatible<{ at: Date }>>();
  expectTypeOf<bigint[]>().not.toExtend<JsonCompatible<bigint[]>>();
  expectTypeOf<Set<string>>().not.toExtend<JsonCompatible<Set<string>>>();
  expectTypeOf<{ run(): void }>().not.toExtend<JsonCompatible<{ run(): void }>>();
});

class Point {
  readonly x = 1;
}

test.each<[string, unknown]>([
  ['a date', new Date(0)],
  ['a field that is undefined', { a: undefined }],
  ['an object of a class without methods', new Point()],
  ['a negative zero', [-0]],
  ['an object with a toJSON', { toJSON: () => 1 }],
])('%s can be carried, and JSON changes it', (_, value) => {
  expect([isPlainJson(value), findJsonFault(value)]).toEqual([false, undefined]);
});

test('the same object in two places is no cycle', () => {
  const shared = { a: [1] };

  expect(isPlainJson([shared, shared])).toBe(true);
  expect(findJsonFault([shared, shared, new Date(0)])).toBeUndefined();
});
