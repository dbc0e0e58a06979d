import { expect, onTestFinished, test, vi } from 'vitest';
import { sleep, systemClock, withDeadline } from './clock.ts';
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

const DAY_MS = 86_400_000;

/** Node's own timers, turned by hand. */
function useFakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

test('the system clock keeps a wait that is longer than a timer can be', () => {
  useFakeTimers();
  let ran = 0;
  systemClock.schedule(60 * DAY_MS, () => {
    ran += 1;
  });

  vi.advanceTimersByTime(60 * DAY_MS - 1);
  expect(ran).toBe(0);
  vi.advanceTimersByTime(1);

  expect(ran).toBe(1);
});

test('a wait that is longer than a timer can be is cancelled in any of its turns', () => {
  useFakeTimers();
  const cancel = systemClock.schedule(60 * DAY_MS, () => expect.unreachable());

  vi.advanceTimersByTime(30 * DAY_MS);
  cancel();
  vi.advanceTimersByTime(60 * DAY_MS);

  expect(vi.getTimerCount()).toBe(0);
});
