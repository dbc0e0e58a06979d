import { type Broker, type JobEvent, type Logger, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createEventOutbox } from './event-outbox.ts';

/** An outbox, and a broker that takes events only while `isUp`. */
function setUp() {
  const clock = createManualClock();
  const line = { isUp: true, answers: true };
  const emitted: JobEvent[] = [];
  const lines: unknown[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => lines.push({ message, droppedCount: fields['droppedCount'] }),
  };
  const emit = async (events: readonly JobEvent[]) => {
    if (!line.isUp) throw new Error('away');
    if (!line.answers) return await new Promise<void>(() => undefined);
    emitted.push(...events);
  };
  const outbox = createEventOutbox({ emit } as Partial<Broker> as Broker, clock, logger);
  return { outbox, clock, line, emitted, lines };
}

function eventOf(jobId: string) {
  return { jobId, kind: 'k', queue: 'q', attempt: 1, maxAttempts: 3, createdAt: 0, at: 0 };
}
const started = (jobId: string): JobEvent => ({ ...eventOf(jobId), type: 'started', workerId: 'w' });
const progress = (jobId: string, done: number): JobEvent => ({
  ...eventOf(jobId),
  type: 'progress',
  progress: done,
});

test('events are gathered, and of an attempt only the newest progress is sent', async () => {
  const { outbox, clock, emitted } = setUp();

  for (const event of [started('a'), progress('a', 0.1), progress('b', 0.2), progress('a', 0.9)])
    outbox.add(event);
  await clock.advance(20);

  expect(emitted).toEqual([started('a'), progress('b', 0.2), progress('a', 0.9)]);
});

test('what the broker did not take is sent in order when it is back, and an outage is told once', async () => {
  const { outbox, clock, line, emitted, lines } = setUp();
  line.isUp = false;
  outbox.add(started('a'));
  await clock.advance(20);
  outbox.add(started('b'));
  await clock.advance(5_000);

  line.isUp = true;
  await clock.advance(1_000);

  expect(emitted).toEqual([started('a'), started('b')]);
  expect(lines).toEqual([{ message: expect.stringContaining('takes no events') }]);
});

test('of too many the newest are kept, and the loss is counted', async () => {
  const { outbox, clock, line, emitted, lines } = setUp();
  line.isUp = false;
  for (let job = 0; job < 2_500; job += 1) outbox.add(started(`${job}`));
  await clock.advance(20);

  line.isUp = true;
  await outbox.close();

  expect(emitted).toHaveLength(2_000);
  expect(emitted.at(-1)).toEqual(started('2499'));
  expect(lines.at(-1)).toMatchObject({ droppedCount: 500 });
});

test('what cannot be sent at the end is counted, and later events are not taken', async () => {
  const { outbox, clock, line, emitted, lines } = setUp();
  line.isUp = false;
  outbox.add(started('a'));

  await outbox.close();
  line.isUp = true;
  outbox.add(started('b'));
  await clock.advance(5_000);

  expect(emitted).toEqual([]);
  expect(lines.at(-1)).toMatchObject({ droppedCount: 1 });
});

test('of an attempt whose outcome is told, nothing more is sent', async () => {
  const { outbox, clock, emitted } = setUp();
  for (const event of [started('a'), progress('a', 0.5), started('b')]) outbox.add(event);

  outbox.withdraw('a', 1);
  outbox.withdraw('b', 2);
  await clock.advance(20);

  expect(emitted).toEqual([started('b')]);
});

test('a broker that never answers keeps an outbox from closing for two seconds at most', async () => {
  const { outbox, clock, line } = setUp();
  line.answers = false;
  outbox.add(started('a'));
  await clock.advance(60_000);

  const closed = outbox.close();
  await clock.advance(2_000);

  await closed;
});
