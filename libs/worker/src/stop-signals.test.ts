import { EventEmitter } from 'node:events';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { onStopSignals, type SignalHost } from './stop-signals.ts';

/** A process, and what it was killed by; its drain ends when the test says so. */
function setUp() {
  const clock = createManualClock();
  const killedBy: string[] = [];
  const emitter = new EventEmitter();
  const host = Object.assign(emitter, {
    pid: 7,
    kill: (_pid: number, signal: string) => killedBy.push(signal),
  }) as unknown as SignalHost;
  let drainCount = 0;
  let endDrain: () => void = () => undefined;
  const leave = onStopSignals({
    host,
    clock,
    stop() {
      drainCount += 1;
      return new Promise((resolve) => {
        endDrain = resolve;
      });
    },
  });
  return {
    clock,
    killedBy,
    leave,
    emitter,
    signal: (name: string) => emitter.emit(name, name),
    drainCount: () => drainCount,
    endDrain: async () => {
      endDrain();
      await Promise.resolve();
    },
  };
}

test('a signal drains, and then ends the process', async () => {
  const { signal, killedBy, drainCount, endDrain } = setUp();

  signal('SIGTERM');
  expect([drainCount(), killedBy]).toEqual([1, []]);
  await endDrain();

  expect(killedBy).toEqual(['SIGTERM']);
});

test('a second signal ends the process at once, and one within a second of the first is the same wish', async () => {
  const { clock, signal, killedBy, drainCount } = setUp();
  signal('SIGINT');
  await clock.advance(1_000);
  signal('SIGINT');
  expect(killedBy).toEqual([]);

  await clock.advance(1);
  signal('SIGTERM');

  expect([drainCount(), killedBy]).toEqual([1, ['SIGTERM']]);
});

test('where others listen to the signal, they end the process', async () => {
  const { emitter, signal, killedBy, endDrain } = setUp();
  emitter.on('SIGTERM', () => undefined);

  signal('SIGTERM');
  await endDrain();

  expect(killedBy).toEqual([]);
});

test('a worker that is stopped leaves signals alone', () => {
  const { emitter, leave } = setUp();

  leave();

  expect([emitter.listenerCount('SIGTERM'), emitter.listenerCount('SIGINT')]).toEqual([0, 0]);
});
