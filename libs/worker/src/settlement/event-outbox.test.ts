import { type Broker, type JobEvent, type LoggedEvent, type Logger, silentLogger } from '@leveret/core';
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

const logged = (jobId: string, ...numbers: number[]): LoggedEvent => ({
  ...eventOf(jobId),
  type: 'logged',
  bestEffort: true,
  lines: numbers.map((number) => ({ number, at: 0, level: 'info', message: 'm' })),
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

  outbox.withdraw({ id: 'a', attempt: 1, generation: 0 });
  outbox.withdraw({ id: 'b', attempt: 2, generation: 0 });
  await clock.advance(20);

  expect(emitted).toEqual([started('b')]);
});

test('lines are sent soon, those of one attempt by one event', async () => {
  const { outbox, clock, emitted } = setUp();

  for (const event of [logged('a', 1), started('b'), logged('b', 1), logged('a', 2)]) outbox.add(event);
  await clock.advance(20);
  outbox.add(logged('a', 3));
  await clock.advance(20);

  expect(emitted).toEqual([started('b'), logged('a', 1, 2), logged('b', 1), logged('a', 3)]);
});

test('of an attempt whose outcome is told, the lines that were not sent are told with it', async () => {
  const { outbox, clock, emitted } = setUp();
  const nextAttempt = { ...logged('a', 4), attempt: 2 };
  for (const event of [logged('a', 1), nextAttempt, logged('a', 2)]) outbox.add(event);

  const withOutcome = outbox.withdraw({ id: 'a', attempt: 1, generation: 0 });
  await clock.advance(20);

  expect(withOutcome).toEqual(logged('a', 1, 2));
  expect(outbox.withdraw({ id: 'a', attempt: 1, generation: 0 })).toBeUndefined();
  expect(emitted).toEqual([nextAttempt]);
});

test('lines that the broker did not take are sent in order when it is back, and of too many the newest are kept', async () => {
  const { outbox, clock, line, emitted, lines } = setUp();
  line.isUp = false;
  const large = { number: 1, at: 0, level: 'info', message: 'x'.repeat(1_000) } as const;
  const many = Array.from({ length: 60 }, () => large);
  for (let job = 0; job < 100; job += 1) outbox.add({ ...logged(`${job}`), lines: many });
  await clock.advance(20);
  outbox.add({ ...logged('99'), lines: [{ ...large, number: 2 }] });

  line.isUp = true;
  await outbox.close();

  const newest = emitted.at(-1);
  expect(newest).toMatchObject({ jobId: '99' });
  expect(newest?.type === 'logged' && newest.lines.at(-1)?.number).toBe(2);
  expect(emitted.length).toBe(Math.floor(4_194_304 / (60 * 1_100)));
  expect(lines.at(-1)).toMatchObject({ droppedCount: 100 - emitted.length });
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
