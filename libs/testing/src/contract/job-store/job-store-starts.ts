import { type JobStore, runOf, type StartRequest } from '@leveret/core';
import { expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded } from '../sample-job.ts';

/** Holds a ledger to what it promises of starts; both ledgers share their jobs. */
export function describeStarts(store: () => JobStore, openAnother: () => Promise<JobStore>): void {
  const requestOf = (jobId: string, over: Partial<StartRequest> = {}): StartRequest => ({
    queue: 'ledger',
    jobId,
    attempt: 1,
    instanceId: 'a',
    returnCount: 1,
    isApart: false,
    goneIds: [],
    endedIds: [],
    ...over,
  });

  test('a start is granted to one of two that ask at the same time, and the other learns to whom', async () => {
    const message = sampleMessage('ledger');
    const another = await openAnother();
    await store().accept([sampleEntry(message)]);

    const [[first], [second]] = await Promise.all([
      store().begin([requestOf(message.id, { instanceId: 'a' })]),
      another.begin([requestOf(message.id, { instanceId: 'b' })]),
    ]);

    const granted = { kind: 'granted', openStarts: 0, newestAgeMs: 0 };
    expect([first, second]).toContainEqual(granted);
    expect([first, second]).toContainEqual({
      kind: 'started',
      instanceIds: [first?.kind === 'granted' ? 'a' : 'b'],
    });
  });

  test('starts of instances that are gone are counted, and a second one makes a candidate', async () => {
    const { id } = sampleMessage('ledger');

    await store().begin([requestOf(id, { instanceId: 'a' })]);
    const [second] = await store().begin([requestOf(id, { instanceId: 'b', goneIds: ['a'] })]);
    const [third] = await store().begin([requestOf(id, { instanceId: 'c', goneIds: ['a', 'b'] })]);
    const [apart] = await store().begin([
      requestOf(id, { instanceId: 'c', goneIds: ['a', 'b'], isApart: true }),
    ]);

    expect([second, third, apart]).toMatchObject([
      { kind: 'granted', openStarts: 1 },
      { kind: 'candidate', openStarts: 2 },
      { kind: 'granted', openStarts: 2 },
    ]);
  });

  test('what is asked in advance is not recorded', async () => {
    const { id } = sampleMessage('ledger');

    const [ahead] = await store().begin([requestOf(id, { instanceId: 'a', isAhead: true })]);
    const [other] = await store().begin([requestOf(id, { instanceId: 'b' })]);
    const [late] = await store().begin([requestOf(id, { instanceId: 'a', isAhead: true })]);

    expect([ahead, other, late]).toMatchObject([
      { kind: 'free' },
      { kind: 'granted', openStarts: 0 },
      { kind: 'unclear' },
    ]);
  });

  test('a start that is recorded as ended, or that its instance does not run any more, does not count', async () => {
    const { id } = sampleMessage('ledger');
    await store().begin([requestOf(id, { instanceId: 'a' })]);
    await store().noteEnds([{ queue: 'ledger', jobId: id, attempt: 1, instanceId: 'a' }]);

    const [second] = await store().begin([requestOf(id, { instanceId: 'b' })]);
    const [third] = await store().begin([requestOf(id, { instanceId: 'c', endedIds: ['b'] })]);
    const [fourth] = await store().begin([requestOf(id, { instanceId: 'd', goneIds: ['c'] })]);

    expect([second, third, fourth]).toMatchObject([{ openStarts: 0 }, { openStarts: 0 }, { openStarts: 1 }]);
  });

  test('a run that its handler has snoozed does not start again, and neither does one before a run that is known of', async () => {
    const message = sampleMessage('ledger');
    const { type: _type, workerId: _worker, ...base } = started(message);
    await store().apply([
      started(message),
      { ...base, at: base.at + 1, type: 'snoozed', delayMs: 60_000, snoozes: 1 },
    ]);
    const run = runOf({ ...message, snoozes: 1 });

    const [copy] = await store().begin([requestOf(message.id, { run: 0 })]);
    await store().apply([{ ...started(message), run }]);
    const [late] = await store().begin([requestOf(message.id, { run: 0 })]);
    const [again] = await store().begin([requestOf(message.id, { run, goneIds: ['w1'] })]);

    expect([copy, late]).toEqual([{ kind: 'settled' }, { kind: 'settled' }]);
    expect(again).toMatchObject({ kind: 'granted' });
  });

  test('a run that was held or released starts again, since nothing proves that what follows is durable', async () => {
    const held = sampleMessage('ledger');
    const released = sampleMessage('ledger');
    const { type: _type, workerId: _worker, ...base } = started(held);
    const failure = { code: 'UNKNOWN_KIND', message: 'not known' } as const;
    await store().apply([
      { ...base, type: 'held', failure, delayMs: 5_000 },
      started(released),
      { ...base, jobId: released.id, at: base.at + 1, type: 'handed-back' },
    ]);

    const answers = await store().begin([
      requestOf(held.id, { run: 0 }),
      requestOf(released.id, { run: 0, goneIds: ['w1'] }),
    ]);

    expect(answers).toMatchObject([{ kind: 'granted' }, { kind: 'granted' }]);
  });

  test('a start that an event told of counts like one that was asked for', async () => {
    const message = sampleMessage('ledger');
    await store().apply([started(message)]);

    const [doubt] = await store().begin([requestOf(message.id, { instanceId: 'b' })]);
    const [granted] = await store().begin([requestOf(message.id, { instanceId: 'b', goneIds: ['w1'] })]);

    expect(doubt).toEqual({ kind: 'started', instanceIds: ['w1'] });
    expect(granted).toMatchObject({ kind: 'granted', openStarts: 1 });
  });

  test('an attempt whose outcome is recorded is not granted, and nothing counts against the next one', async () => {
    const message = sampleMessage('ledger');
    await store().begin([requestOf(message.id, { instanceId: 'a' })]);
    await store().apply([succeeded(message)]);

    const [same] = await store().begin([requestOf(message.id, { instanceId: 'b', goneIds: ['a'] })]);
    const [next] = await store().begin([requestOf(message.id, { attempt: 2, instanceId: 'b' })]);

    expect(same).toEqual({ kind: 'settled' });
    expect(next).toEqual({ kind: 'granted', openStarts: 0, newestAgeMs: 0 });
  });
}
