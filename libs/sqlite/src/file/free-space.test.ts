import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createFreeSpace } from './free-space.ts';

const MIB = 1024 * 1024;

function setUp(room: { freeBytes: number; totalBytes: number; reusableBytes?: number }) {
  const clock = createManualClock();
  const told: (string | undefined)[] = [];
  const spare: number[] = [];
  let askCount = 0;
  const space = createFreeSpace({
    measure() {
      askCount += 1;
      return room;
    },
    reusableBytes: () => room.reusableBytes ?? 0,
    clock,
    onSpare: (bytes) => spare.push(bytes),
    onChange: (reason) => told.push(reason),
  });
  return { space, clock, told, spare, asked: () => askCount };
}

test('with less than 64 MiB free there is no room for new jobs, and there is as soon as it is free again', () => {
  const room = { freeBytes: 64 * MIB, totalBytes: 10_000 * MIB };
  const { space, told } = setUp(room);
  expect(space.shortage()).toBeUndefined();

  room.freeBytes -= 1;
  expect(space.shortage()).toContain('64.0 MiB are free and 64.0 MiB are kept for finishing jobs');
  room.freeBytes += 1;

  expect(space.shortage()).toBeUndefined();
  expect(told).toEqual([expect.stringContaining('nearly full'), undefined]);
});

test('what is free beyond the reserve is told each time that the disk is asked', () => {
  const { space, spare } = setUp({ freeBytes: 70 * MIB, totalBytes: 10_000 * MIB });

  space.shortage();

  expect(spare).toEqual([6 * MIB]);
});

test('on a small disk a quarter of it is kept', () => {
  expect(setUp({ freeBytes: 25 * MIB, totalBytes: 100 * MIB }).space.shortage()).toBeUndefined();
  expect(setUp({ freeBytes: 24 * MIB, totalBytes: 100 * MIB }).space.shortage()).toBeDefined();
});

test('room inside the file stands for three quarters of what is kept, and no more', () => {
  const disk = { totalBytes: 10_000 * MIB, reusableBytes: 1_000 * MIB };

  expect(setUp({ ...disk, freeBytes: 16 * MIB }).space.shortage()).toBeUndefined();
  expect(setUp({ ...disk, freeBytes: 15 * MIB }).space.shortage()).toBeDefined();
});

test('a disk with much room is asked ten times a second at most, and once a second when nobody asks', async () => {
  const room = { freeBytes: 129 * MIB, totalBytes: 10_000 * MIB };
  const { space, clock, told, asked } = setUp(room);

  space.start();
  for (let call = 0; call < 100; call += 1) space.shortage();
  expect(asked()).toBe(1);
  room.freeBytes = 0;
  await clock.advance(1_000);

  expect(asked()).toBe(2);
  expect(told).toEqual([expect.stringContaining('nearly full')]);
  space.close();
});
