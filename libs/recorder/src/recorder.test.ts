import {
  type Broker,
  type JobStore,
  type KeptEvent,
  LeveretError,
  type Logger,
  type RecordableEvent,
  type RecordOptions,
  type Subscription,
  silentLogger,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createRecorder } from './recorder.ts';

const LEDGER = 'd0c5f1de-7ad6-4b5c-8a51-1c4a9a3c3b1e';

/** A recorder between a broker that a test hands batches through, and a ledger that does as `refuse` says. */
function setUp(kept: KeptEvent[] = []) {
  const clock = createManualClock();
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields, message) => void lines.push(`warn ${message} ${JSON.stringify(fields)}`),
    error: (fields, message) => void lines.push(`error ${message} ${JSON.stringify(fields)}`),
  };
  const recorded: string[] = [];
  const applied: number[] = [];
  const ledger: {
    refuse: (events: readonly RecordableEvent[]) => Error | undefined;
    refuseToKeep: () => Error | undefined;
    brokerName?: string;
  } = { refuse: () => undefined, refuseToKeep: () => undefined };
  const consumer: {
    count: number;
    ledgerId?: string | undefined;
    onRefused?: RecordOptions['onRefused'];
    begin: () => Promise<void>;
  } = {
    count: 0,
    begin: () => Promise.resolve(),
  };
  let hand: (entries: readonly unknown[]) => Promise<void> = () =>
    Promise.reject(new Error('nobody records'));
  const live = { answer: (): Promise<Subscription> => Promise.resolve({ stop: async () => undefined }) };
  const broker: Partial<Broker> = {
    name: 'carrier',
    live: live as unknown as Broker['live'],
    inspectEvents: async () => 0,
    takeDeadLetters: async () => ({ stop: async () => undefined }),
    takeUnroutable: async () => ({ stop: async () => undefined }),
    async recordEvents(onBatch, options) {
      consumer.ledgerId = options?.ledgerId;
      consumer.onRefused = options?.onRefused;
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
  let seq = 0;
  const store: Partial<JobStore> = {
    ledgerId: async () => LEDGER,
    retention: {
      deleteFinished: async () => ({ deletedCount: 0, isMore: false }),
      deleteOldActions: async () => ({ deletedCount: 0, isMore: false }),
      deleteOldGroups: async () => ({ deletedCount: 0, isMore: false }),
    },
    noteRecording: async () => undefined,
    brokerName: async () => ledger.brokerName,
    async noteBroker(name) {
      const refusal = ledger.refuseToKeep();
      if (refusal !== undefined) throw refusal;
      ledger.brokerName = name;
    },
    queues: async () => [],
    async apply(events) {
      const refusal = ledger.refuse(events);
      if (refusal !== undefined) throw refusal;
      applied.push(events.length);
      recorded.push(...events.map((event) => ('workerId' in event ? `${event.workerId}` : '')));
    },
    unapplied: {
      async keep(events) {
        const refusal = ledger.refuseToKeep();
        if (refusal !== undefined) throw refusal;
        for (const event of events) {
          seq += 1;
          kept.push({ ...event, seq });
        }
      },
      count: async () => kept.length,
      list: async (afterSeq, limit) => kept.filter((event) => event.seq > afterSeq).slice(0, limit),
      async remove(seqs) {
        for (const gone of seqs)
          kept.splice(
            kept.findIndex((event) => event.seq === gone),
            1,
          );
      },
    },
  };
  const recorder = createRecorder({ broker: broker as Broker, store: store as JobStore, clock, logger });
  const handed = (entries: readonly unknown[]) => hand(entries);
  return { live, clock, lines, recorded, applied, kept, ledger, consumer, recorder, hand: handed };
}

/** An event that its worker names. */
function eventOf(workerId: string, over: object = {}): object {
  const jobId = '01900000-0000-7000-8000-000000000000';
  const base = { jobId, kind: 'k', queue: 'q', attempt: 1, maxAttempts: 3, createdAt: 0, at: 0 };
  return { ...base, type: 'started', workerId, ...over };
}

const unavailable = () => new LeveretError('STORE_UNAVAILABLE', 'away');
const refused = () => new LeveretError('ENTRY_REFUSED', 'bad');
const entriesOf = (kept: readonly KeptEvent[]) => kept.map(({ entry }) => JSON.parse(entry) as unknown);

test('a batch waits for a ledger that is away, and nothing is left out', async () => {
  const { clock, recorded, kept, ledger, recorder, hand } = setUp();
  await recorder.start();
  ledger.refuse = unavailable;
  const batch = hand([eventOf('a'), eventOf('b')]);
  await clock.advance(600_000);
  expect(recorded).toEqual([]);

  ledger.refuse = () => undefined;
  await clock.advance(5_000);
  await batch;

  expect(recorded).toEqual(['a', 'b']);
  expect(kept).toEqual([]);
});

test('an event that the ledger refuses is kept with the reason, and stops none behind it: all others are recorded, in order', async () => {
  const { recorded, kept, ledger, lines, recorder, hand } = setUp();
  await recorder.start();
  const unfit = (event: RecordableEvent) => 'workerId' in event && event.workerId === 'c';
  ledger.refuse = (events) => (events.some(unfit) ? refused() : undefined);

  await hand(['a', 'b', 'c', 'd', 'e'].map((worker) => eventOf(worker)));

  expect(recorded).toEqual(['a', 'b', 'd', 'e']);
  expect(kept).toEqual([{ seq: 1, entry: JSON.stringify(eventOf('c')), reason: 'bad' }]);
  expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
});

test('what cannot be applied is kept, in whatever form it came, and its neighbours are recorded', async () => {
  const { recorded, kept, recorder, hand } = setUp();
  await recorder.start();
  const expired = eventOf('w', { type: 'expired' });
  const strange = ['no list', null, 7, { type: 'started' }, expired, eventOf('w', { type: 'x', state: 'y' })];

  await hand([...strange, eventOf('a')]);

  expect(recorded).toEqual(['a']);
  expect(entriesOf(kept)).toEqual(strange);
});

test('an outcome of a type that is not known is recorded by its state', async () => {
  const { recorded, kept, recorder, hand } = setUp();
  await recorder.start();

  await hand([eventOf('a', { type: 'expired', state: 'expired' })]);

  expect(recorded).toEqual(['a']);
  expect(kept).toEqual([]);
});

test('events of an unknown type that are best effort are dropped, which is logged once', async () => {
  const { recorded, kept, lines, recorder, hand } = setUp();
  await recorder.start();

  await hand([eventOf('a', { type: 'metered', bestEffort: true }), eventOf('b')]);
  await hand([eventOf('c', { type: 'metered', bestEffort: true })]);

  expect([recorded, kept]).toEqual([['b'], []]);
  expect(lines).toEqual([expect.stringContaining('metered')]);
});

test('what is kept is applied by a version that can, at its start and when an older one has kept more', async () => {
  const keep = (seq: number, event: object) => ({ seq, entry: JSON.stringify(event), reason: 'unknown' });
  const { clock, recorded, kept, recorder } = setUp([
    keep(1, eventOf('a')),
    keep(2, eventOf('b', { type: 'of the future' })),
  ]);

  await recorder.start();
  await expect.poll(() => recorded).toEqual(['a']);
  kept.push(keep(3, eventOf('c')));
  await clock.advance(60_000);

  await expect.poll(() => recorded).toEqual(['a', 'c']);
  expect(kept.map(({ seq }) => seq)).toEqual([2]);
  await recorder.stop();
});

test('more than a page of what is kept is gone through at once while that helps', async () => {
  const many = Array.from({ length: 1_200 }, (_, seq) => ({
    seq: seq + 1,
    entry: JSON.stringify(eventOf('a')),
    reason: 'unknown',
  }));
  const { recorded, kept, recorder } = setUp(many);

  await recorder.start();

  await expect.poll(() => recorded.length).toBe(1_200);
  await expect.poll(() => kept.length).toBe(0);
  await recorder.stop();
});

test('an event that met with a passing fault is applied a minute later', async () => {
  const { clock, recorded, ledger, recorder, hand } = setUp();
  await recorder.start();
  ledger.refuse = refused;
  await hand([eventOf('a'), eventOf('b')]);

  ledger.refuse = () => undefined;
  await clock.advance(60_000);

  await expect.poll(() => recorded).toEqual(['a', 'b']);
  await recorder.stop();
});

test('a ledger that keeps nothing either cannot be used: everything waits', async () => {
  const { clock, recorded, ledger, recorder, hand } = setUp();
  await recorder.start();
  ledger.refuse = () => new Error('a fault');
  ledger.refuseToKeep = () => new Error('a fault');
  const batch = hand([eventOf('a'), eventOf('b')]);
  await clock.advance(300);

  ledger.refuse = () => undefined;
  ledger.refuseToKeep = () => undefined;
  await clock.advance(120_000);
  await batch;

  await expect.poll(() => recorded).toEqual(['a', 'b']);
  await recorder.stop();
});

test('a batch of any size is applied in parts that hold nobody up', async () => {
  const { applied, recorder, hand } = setUp();
  await recorder.start();

  await hand(Array.from({ length: 2_500 }, () => eventOf('a')));

  expect(applied).toEqual([1_000, 1_000, 500]);
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

test('a recorder that the broker refuses says why, until it may record again', async () => {
  const { consumer, recorder } = setUp();
  await recorder.start();

  const before = recorder.status();
  consumer.onRefused?.(new LeveretError('LEDGER_MISMATCH', 'another ledger records them'));
  const refused = recorder.status();
  consumer.onRefused?.(undefined);

  expect([before, refused, recorder.status()]).toEqual([
    { state: 'up' },
    { state: 'down', code: 'LEDGER_MISMATCH', reason: 'another ledger records them' },
    { state: 'up' },
  ]);
});

test('while the ledger keeps events that cannot be applied, the recorder warns of them', async () => {
  const keep = (seq: number) => ({
    seq,
    entry: JSON.stringify(eventOf('a', { type: 'new' })),
    reason: 'unknown',
  });
  const { clock, kept, recorder, hand } = setUp([keep(1), keep(2)]);

  await recorder.start();
  await clock.advance(0);
  const atStart = recorder.status();
  await hand([7]);
  const keptMore = recorder.status();
  kept.splice(0);
  await clock.advance(60_000);

  const warning = (count: string) =>
    `the ledger keeps ${count} that cannot be applied: a newer version may be able to`;
  expect([atStart, keptMore, recorder.status()]).toEqual([
    { state: 'up', warning: warning('2 events') },
    { state: 'up', warning: warning('3 events') },
    { state: 'up' },
  ]);
  await recorder.stop();
});

test('a start that fails is told, and can be stopped', async () => {
  const { consumer, recorder } = setUp();
  consumer.begin = () => Promise.reject(new Error('refused'));

  await expect(recorder.start()).rejects.toThrow('refused');
  await recorder.stop();
});

test('the ledger learns which broker it belongs to; one that cannot note it records all the same', async () => {
  const [first, second] = [setUp(), setUp()];
  second.ledger.refuseToKeep = unavailable;

  for (const { recorder } of [first, second]) {
    await recorder.start();
    await recorder.stop();
  }

  expect([first.ledger.brokerName, second.ledger.brokerName]).toEqual(['carrier', undefined]);
  expect(second.lines).toContainEqual(expect.stringContaining('cannot note which broker it belongs to'));
});
