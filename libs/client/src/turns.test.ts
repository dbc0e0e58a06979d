import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createTurns, type Lot } from './turns.ts';

const one: Lot = { jobCount: 1, sizeBytes: 10 };

/** Turns, and how each lot that took one stands. */
function setUp() {
  const clock = createManualClock();
  const turns = createTurns(clock);
  const fates: string[] = [];
  const take = (lot: Lot = one) => {
    const index = fates.push('turn') - 1;
    try {
      const turn = turns.take(lot);
      if (turn === undefined) return;
      fates[index] = 'waits';
      turn.then(
        () => {
          fates[index] = 'turn';
        },
        (error: { readonly code: string }) => {
          fates[index] = error.code;
        },
      );
    } catch (error) {
      fates[index] = (error as { readonly code: string }).code;
    }
  };
  const takeMany = (count: number) => {
    for (let n = 0; n < count; n += 1) take();
  };
  const counts = () => {
    const counted: Record<string, number> = {};
    for (const fate of fates) counted[fate] = (counted[fate] ?? 0) + 1;
    return counted;
  };
  return { clock, turns, fates, take, takeMany, counts };
}

test('a thousand jobs have their turn at a time, the others in their order as turns end', async () => {
  const { clock, turns, fates, takeMany, counts } = setUp();
  takeMany(1_003);
  const before = counts();

  turns.end(one, true);
  turns.end(one, false);
  await clock.advance(0);

  expect(before).toEqual({ turn: 1_000, waits: 3 });
  expect(fates.slice(1_000)).toEqual(['turn', 'turn', 'waits']);
});

test('large payloads have fewer turns, and one that is larger than all together has one alone', async () => {
  const { clock, turns, fates, take } = setUp();
  const large: Lot = { jobCount: 1, sizeBytes: 10_000_000 };
  const huge: Lot = { jobCount: 1, sizeBytes: 20_000_000 };
  for (const lot of [large, huge, one]) take(lot);

  const steps = [[...fates]];
  for (const lot of [large, huge]) {
    turns.end(lot, true);
    await clock.advance(0);
    steps.push([...fates]);
  }

  expect(steps).toEqual([
    ['turn', 'waits', 'waits'],
    ['turn', 'turn', 'waits'],
    ['turn', 'turn', 'turn'],
  ]);
});

test('a job waits as long as others are accepted, and is refused when none was for 2.5 s', async () => {
  const { clock, turns, fates, takeMany } = setUp();
  takeMany(1_010);
  for (let second = 0; second < 5; second += 1) {
    await clock.advance(2_000);
    turns.end(one, true);
  }
  await clock.advance(2_000);
  const before = fates.slice(1_000);
  await clock.advance(750);

  expect(before).toEqual([...Array(5).fill('turn'), ...Array(5).fill('waits')]);
  expect(fates.slice(1_005)).toEqual(Array(5).fill('ENQUEUE_OVERLOADED'));
});

test('a turn that ends because the stores are away lets nobody in who has waited for too long', async () => {
  const { clock, turns, fates, takeMany } = setUp();
  takeMany(1_000);
  await clock.advance(100);
  takeMany(1);
  await clock.advance(2_500);

  for (let n = 0; n < 1_000; n += 1) turns.end(one, false);
  takeMany(1);
  await clock.advance(0);

  expect(fates.slice(1_000)).toEqual(['ENQUEUE_OVERLOADED', 'turn']);
});

test('a process that was busy itself refuses nobody for that', async () => {
  const { clock, turns, fates, takeMany } = setUp();
  takeMany(1_001);

  clock.stall(60_000);
  turns.end(one, true);
  await clock.advance(0);

  expect(fates.at(-1)).toBe('turn');
});

test('when too many wait, or too much, the next is refused at once', () => {
  const { fates, take, takeMany } = setUp();
  takeMany(251_000);
  take();
  const { fates: large, take: takeLarge } = setUp();
  for (let n = 0; n < 29; n += 1) takeLarge({ jobCount: 1, sizeBytes: 10_000_000 });

  expect([fates.at(-2), fates.at(-1)]).toEqual(['waits', 'ENQUEUE_OVERLOADED']);
  expect([large.at(-3), large.at(-1)]).toEqual(['waits', 'ENQUEUE_OVERLOADED']);
});

test('closed, nobody has a turn any more', async () => {
  const { clock, turns, fates, takeMany } = setUp();
  takeMany(1_001);

  turns.close();
  takeMany(1);
  await clock.advance(0);

  expect(fates.slice(1_000)).toEqual(['SHUTTING_DOWN', 'SHUTTING_DOWN']);
  expect(clock.pending()).toBe(0);
});
