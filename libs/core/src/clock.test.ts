import { expect, test } from 'vitest';
import { sleep, withDeadline } from './clock.ts';
import { createManualClock } from './testing/index.ts';

test('sleep ends when its time has come, and not before', async () => {
  const clock = createManualClock();
  let awake = false;
  const sleeping = sleep(clock, 100).then(() => {
    awake = true;
  });

  await clock.advance(99);
  expect(awake).toBe(false);
  await clock.advance(1);
  await sleeping;

  expect(awake).toBe(true);
});

test('sleep ends at once when its signal aborts, and leaves nothing scheduled', async () => {
  const clock = createManualClock();
  const controller = new AbortController();
  const sleeping = sleep(clock, 100, controller.signal);

  controller.abort();
  await sleeping;

  expect(clock.pending()).toBe(0);
});

test('a deadline passes the outcome on and is cancelled by it', async () => {
  const clock = createManualClock();

  expect(await withDeadline(clock, 100, Promise.resolve('done'), () => new Error('late'))).toBe('done');
  expect(clock.pending()).toBe(0);
});

test('a deadline rejects in the place of work that takes too long', async () => {
  const clock = createManualClock();
  const waited = withDeadline(clock, 100, new Promise(() => undefined), () => new Error('late'));
  const outcome = expect(waited).rejects.toThrow('late');

  await clock.advance(100);

  await outcome;
});
