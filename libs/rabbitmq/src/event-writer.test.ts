import { type JobEvent, LeveretError, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createEventWriter } from './event-writer.ts';

const events = Array.from(
  { length: 8 },
  (_, n) => ({ type: 'started', jobId: `${n}` }) as unknown as JobEvent,
);

/** A writer whose store refuses what `refuse` says. */
function makeBench(refuse: (event: JobEvent) => Error | undefined) {
  const clock = createManualClock();
  const written: string[] = [];
  let calls = 0;
  const writer = createEventWriter({
    clock,
    logger: silentLogger,
    signal: new AbortController().signal,
    onBatch(batch) {
      calls += 1;
      const refusal = batch.map(refuse).find((error) => error !== undefined);
      if (refusal !== undefined) return Promise.reject(refusal);
      written.push(...batch.map(({ jobId }) => jobId));
      return Promise.resolve();
    },
  });
  return { clock, writer, written, callCount: () => calls };
}

test('an event that cannot be written does not hold the others up, and is named after three tries', async () => {
  const { clock, writer, written } = makeBench(({ jobId }) =>
    jobId === '5' ? new Error('unfit') : undefined,
  );

  const writing = writer.write(events);
  await clock.advance(1_000);

  expect((await writing)?.map(({ jobId }) => jobId)).toEqual(['5']);
  expect(written).toEqual(['0', '1', '2', '3', '4', '6', '7']);
});

test('a store that cannot be used is not the fault of any event: the batch is given again, after a pause', async () => {
  const bench = makeBench(() => new LeveretError('STORE_UNAVAILABLE', 'away'));

  const writing = bench.writer.write(events);
  await bench.clock.advance(100);

  expect(await writing).toBeUndefined();
  expect(bench.callCount()).toBe(1);
});

test('when nothing can be written, whatever the reason, the batch is given again', async () => {
  const { clock, writer } = makeBench(() => new Error('a fault of the store'));

  const writing = writer.write(events.slice(0, 2));
  await clock.advance(100);

  expect(await writing).toBeUndefined();
});

test('an event that met with a passing fault is written after all', async () => {
  let faults = 1;
  const { clock, writer, written } = makeBench(({ jobId }) => {
    if (jobId !== '5') return undefined;
    faults += 1;
    return faults < 6 ? new Error('busy') : undefined;
  });

  const writing = writer.write(events);
  await clock.advance(1_000);

  expect(await writing).toEqual([]);
  expect([...written].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
});
