import { expect, test } from 'vitest';
import { joinBytes } from './joined-bytes.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

test('bytes in lists at any depth become views of one buffer, with the same content', () => {
  const pooled = Buffer.from('pooled');
  const values = [
    [
      1,
      'publish',
      [
        [
          ['id', bytesOf('one'), null],
          ['id', bytesOf('')],
        ],
        7,
      ],
    ],
    [2, 'publish', [[['id', pooled, 3]], 7]],
  ];

  joinBytes(values);

  expect(values).toEqual([
    [
      1,
      'publish',
      [
        [
          ['id', bytesOf('one'), null],
          ['id', bytesOf('')],
        ],
        7,
      ],
    ],
    [2, 'publish', [[['id', bytesOf('pooled'), 3]], 7]],
  ]);
  const buffers = new Set(views(values).map(({ buffer }) => buffer));
  expect(buffers.size).toBe(1);
  expect([...buffers][0]?.byteLength).toBe('onepooled'.length);
});

test('the same bytes in two places stay the same bytes', () => {
  const body = bytesOf('body');
  const values = [[body], [body]];

  joinBytes(values);

  expect(structuredClone(values)).toEqual([[body], [body]]);
});

test('bytes that are alone, long ones, and those in objects are not copied', () => {
  const long = new Uint8Array(16_385);
  const alone = bytesOf('alone');
  const inObject = { bytes: bytesOf('x') };
  const values = [[long], [alone], [inObject], [long]];

  joinBytes(values);

  expect(values[0]?.[0]).toBe(long);
  expect(values[1]?.[0]).toBe(alone);
  expect(inObject.bytes).toEqual(bytesOf('x'));
});

function views(value: unknown): readonly Uint8Array[] {
  if (value instanceof Uint8Array) return [value];
  return Array.isArray(value) ? value.flatMap(views) : [];
}
