import { createManualClock, type ManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createFileTime } from './file-time.ts';

const HOUR_MS = 3_600_000;
const START = 1_700_000_000_000;

/** A clock whose wall clock can be set without time going on. */
function createJumpyClock(): ManualClock & { jump(ms: number): void } {
  const clock = createManualClock(START);
  let offMs = 0;
  return {
    ...clock,
    now: () => clock.now() + offMs,
    jump(ms) {
      offMs += ms;
    },
  };
}

/** The row of a file, as processes read and write it. */
function createRow() {
  const row = { aheadMs: 0, lastAt: 0, isBusy: false };
  return {
    row,
    note: async (aheadMs: number) => {
      if (row.isBusy) throw new Error('busy');
      row.aheadMs = aheadMs;
    },
  };
}

test.each([HOUR_MS, -HOUR_MS])(
  'the time of a file goes on evenly when the wall clock jumps by %i ms',
  async (ms) => {
    const clock = createJumpyClock();
    const { row, note } = createRow();
    const time = createFileTime(row, note);
    const before = time.now(clock);

    clock.jump(ms);
    await clock.advance(10_000);

    expect(time.now(clock)).toBe(before + 10_000);
    expect(row.aheadMs).toBe(-ms);
  },
);

test('a file that is opened after a jump has the same time as in the process that saw it', async () => {
  const clock = createJumpyClock();
  const { row, note } = createRow();
  const first = createFileTime(row, note);
  first.now(clock);
  clock.jump(HOUR_MS);
  first.now(clock);

  const second = createFileTime({ ...row }, note);

  expect(second.now(clock)).toBe(first.now(clock));
});

test('who opened the file in the middle of a jump learns of it from the one who saw it, and not the other way round', async () => {
  const clock = createJumpyClock();
  const { row, note } = createRow();
  const first = createFileTime(row, note);
  first.now(clock);
  clock.jump(HOUR_MS);
  const second = createFileTime({ ...row }, note);
  expect(second.now(clock)).toBe(first.now(clock) + HOUR_MS);

  first.ask(clock)(row.aheadMs);
  second.ask(clock)(row.aheadMs);
  first.ask(clock)(row.aheadMs);

  expect(second.now(clock)).toBe(first.now(clock));
  expect(row.aheadMs).toBe(-HOUR_MS);
});

test('what the file said before a jump was written down in it is not believed', async () => {
  const clock = createJumpyClock();
  const { row, note } = createRow();
  const time = createFileTime(row, note);
  const before = time.now(clock);
  const learn = time.ask(clock);
  const told = row.aheadMs;
  clock.jump(HOUR_MS);
  time.now(clock);
  await clock.advance(100);

  learn(told);

  expect(time.now(clock)).toBe(before + 100);
  expect(row.aheadMs).toBe(-HOUR_MS);
});

test('a jump that could not be written down is written down later', async () => {
  const clock = createJumpyClock();
  const { row, note } = createRow();
  const time = createFileTime(row, note);
  const before = time.now(clock);
  row.isBusy = true;
  clock.jump(HOUR_MS);
  time.now(clock);
  await clock.advance(100);
  row.isBusy = false;

  time.ask(clock)(row.aheadMs);

  expect(row.aheadMs).toBe(-HOUR_MS);
  expect(time.now(clock)).toBe(before + 100);
});

test('time does not go back when the clock was set back while nobody had the file open', () => {
  const clock = createJumpyClock();
  const { note } = createRow();
  const lastAt = START + HOUR_MS;

  expect(createFileTime({ aheadMs: 0, lastAt }, note).now(clock)).toBe(lastAt);
});
