import { expect, test } from 'vitest';
import { systemRandom } from '../random.ts';
import { createManualClock } from '../testing/index.ts';
import { childId, isUuid, newId } from './ids.ts';

test('an id is a version 7 UUID that begins with its time', () => {
  const id = newId(createManualClock(0x0123456789ab), () => 0.999_999_999);

  expect(id).toBe('01234567-89ab-7fff-bfff-fffffffbb47d');
  expect(isUuid(id)).toBe(true);
});

test('ids sort by the time they were made and do not repeat', async () => {
  const clock = createManualClock();
  const ids: string[] = [];
  for (let count = 0; count < 500; count += 1) {
    ids.push(newId(clock, systemRandom));
    await clock.advance(1);
  }

  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(500);
});

test('the id of a child follows from its parent and key', async () => {
  const parent = '018bcfe5-6800-7000-8000-000000000000';
  const child = await childId(parent, 'notify');

  expect(isUuid(child)).toBe(true);
  expect(await childId(parent, 'notify')).toBe(child);
  expect(await childId(parent, 'other')).not.toBe(child);
  expect(await childId('018bcfe5-6800-7000-8000-000000000001', 'notify')).not.toBe(child);
});

test.each(['', 'x', '018BCFE5-6800-7000-8000-000000000000', '018bcfe5-6800-7000-8000-00000000000g'])(
  '"%s" is not an id',
  (text) => {
    expect(isUuid(text)).toBe(false);
  },
);
