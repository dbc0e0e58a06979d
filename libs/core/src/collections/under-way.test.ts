import { expect, test } from 'vitest';
import { createUnderWay } from './under-way.ts';

test('it is idle at first, and again when all that has begun has ended', async () => {
  const underWay = createUnderWay();
  await underWay.idle();
  underWay.begin();
  underWay.begin();
  const seen: string[] = [];
  const idle = Promise.all([underWay.idle(), underWay.idle()]).then(() => seen.push('idle'));

  underWay.end();
  await Promise.resolve();
  expect(underWay.count()).toBe(1);
  expect(seen).toEqual([]);
  underWay.end();
  await idle;

  expect(underWay.count()).toBe(0);
  expect(seen).toEqual(['idle']);
});
