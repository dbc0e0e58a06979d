import {
  type Broker,
  type JobEvent,
  type JobStore,
  LeveretError,
  type Logger,
  type Subscription,
  silentLogger,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createRecorder } from './recorder.ts';

const LEDGER = 'd0c5f1de-7ad6-4b5c-8a51-1c4a9a3c3b1e';

/** A recorder between a broker that a test hands batches through, and a ledger that does as `refuse` says. */
function setUp() {
  const clock = createManualClock();
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => void lines.push(`warn ${message} ${JSON.stringify(fields)}`),
    error: (fields, message) => void lines.push(`error ${message} ${JSON.stringify(fields)}`),
  };
  const recorded: string[] = [];
  const ledger: { refuse: (events: readonly JobEvent[]) => Error | undefined } = { refuse: () => undefined };
  const consumer: { count: number; ledgerId?: string | undefined; begin: () => Promise<void> } = {
    count: 0,
    begin: () => Promise.resolve(),
  };
  let hand: (events: readonly JobEvent[]) => Promise<void> = () =>
    Promise.reject(new Error('nobody records'));
  const live = { answer: (): Promise<Subscription> => Promise.resolve({ stop: async () => undefined }) };
  const broker: Partial<Broker> = {
    live: live as unknown as Broker['live'],
    async recordEvents(onBatch, options) {
      consumer.ledgerId = options?.ledgerId;
      await consumer.begin();
      hand = onBatch;
      consumer.count += 1;
      return {
        async stop() {
          consumer.count -= 1;
        },
      };
    },
  };
  const store: Partial<JobStore> = {
    ledgerId: async () => LEDGER,
    async apply(events) {
      const refusal = ledger.refuse(events);
      if (refusal !== undefined) throw refusal;
      recorded.push(...events.map(({ jobId }) => jobId));
    },
  };
  const recorder = createRecorder({ broker: broker as Broker, store: store as JobStore, clock, logger });
  return {
    live,
    clock,
    lines,
    recorded,
    ledger,
    consumer,
    recorder,
    hand: (events: JobEvent[]) => hand(events),
  };
}

function eventOf(jobId: string, type = 'started'): JobEvent {
  const base = { jobId, kind: 'k', queue: 'q', attempt: 1, maxAttempts: 3, createdAt: 0, at: 0 };
  return { ...base, type, workerId: 'w' } as JobEvent;
}

const unavailable = () => new LeveretError('STORE_UNAVAILABLE', 'away');

test('a batch waits for a ledger that is away, and nothing is left out', async () => {
  const { clock, recorded, ledger, lines, recorder, hand } = setUp();
  await recorder.start();
  ledger.refuse = unavailable;
  const batch = hand([eventOf('a'), eventOf('b')]);
  await clock.advance(600_000);
  expect(recorded).toEqual([]);

  ledger.refuse = () => undefined;
  await clock.advance(5_000);
  await batch;

  expect(recorded).toEqual(['a', 'b']);
  expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
});

test('one event that the ledger refuses is found, told and left out; all others are recorded in order', async () => {
  const { clock, recorded, ledger, lines, recorder, hand } = setUp();
  await recorder.start();
  ledger.refuse = (events) => (events.some(({ jobId }) => jobId === 'c') ? new TypeError('bad') : undefined);

  const batch = hand(['a', 'b', 'c', 'd', 'e'].map((id) => eventOf(id)));
  await clock.advance(60_000);
  await batch;

  expect(recorded).toEqual(['a', 'b', 'd', 'e']);
  const [error, ...others] = lines.filter((line) => line.startsWith('error'));
  expect(error).toContain('"jobId":"c"');
  expect(others).toEqual([]);
});

test('a ledger that refuses everything for a moment loses nothing', async () => {
  const { clock, recorded, ledger, recorder, hand } = setUp();
  await recorder.start();
  ledger.refuse = () => new Error('a passing fault');

  const batch = hand([eventOf('a'), eventOf('b')]);
  await clock.advance(300);
  ledger.refuse = () => undefined;
  await clock.advance(5_000);
  await batch;

  expect(recorded).toEqual(['a', 'b']);
});

test('events of a newer version do not reach the ledger, and are told once', async () => {
  const { recorded, lines, recorder, hand } = setUp();
  await recorder.start();

  await hand([eventOf('a', 'cancelled'), eventOf('b')]);
  await hand([eventOf('c', 'cancelled')]);

  expect(recorded).toEqual(['b']);
  expect(lines).toEqual([expect.stringContaining('cancelled')]);
});

test('a batch that a stop cuts off is not acknowledged', async () => {
  const { clock, ledger, recorder, hand } = setUp();
  await recorder.start();
  ledger.refuse = unavailable;
  const batch = expect(hand([eventOf('a')])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await clock.advance(50);

  await recorder.stop();

  await batch;
});

test('a recorder that cannot answer workers records all the same, and says so', async () => {
  const { recorder, recorded, lines, live, hand } = setUp();
  live.answer = () => Promise.reject(new Error('may not declare'));
  await recorder.start();

  await hand([eventOf('a')]);

  expect(recorded).toEqual(['a']);
  expect(lines).toEqual([expect.stringContaining('may not declare')]);
});

test('a recorder that is stopped while it starts, or before, does not stay', async () => {
  const { consumer, recorder } = setUp();
  const begun = new Promise<() => void>((tell) => {
    consumer.begin = () => new Promise((resolve) => tell(resolve));
  });
  const starting = recorder.start();
  const begin = await begun;

  const stopping = recorder.stop();
  begin();
  await Promise.all([starting, stopping]);
  await recorder.start();

  expect(consumer.count).toBe(0);
});

test('a recorder says which ledger it records in', async () => {
  const { consumer, recorder } = setUp();

  await recorder.start();

  expect(consumer.ledgerId).toBe(LEDGER);
});

test('a start that fails is told, and can be stopped', async () => {
  const { consumer, recorder } = setUp();
  consumer.begin = () => Promise.reject(new Error('refused'));

  await expect(recorder.start()).rejects.toThrow('refused');
  await recorder.stop();
});
