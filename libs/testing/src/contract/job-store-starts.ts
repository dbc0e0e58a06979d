import type { JobStore, StartRequest } from '@leveret/core';
import { expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded } from './sample-job.ts';

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

  test('a start that is recorded as ended, or that its instance does not run any more, does not count', async () => {
    const { id } = sampleMessage('ledger');
    await store().begin([requestOf(id, { instanceId: 'a' })]);
    await store().noteEnds([{ queue: 'ledger', jobId: id, attempt: 1, instanceId: 'a' }]);

    const [second] = await store().begin([requestOf(id, { instanceId: 'b' })]);
    const [third] = await store().begin([requestOf(id, { instanceId: 'c', endedIds: ['b'] })]);
    const [fourth] = await store().begin([requestOf(id, { instanceId: 'd', goneIds: ['c'] })]);

    expect([second, third, fourth]).toMatchObject([{ openStarts: 0 }, { openStarts: 0 }, { openStarts: 1 }]);
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
