import {
  MAX_VIEW_ENTRIES,
  type StartedEvent,
  type SupersededMessage,
  type WorkerPresence,
} from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { freshId } from '../broker/broker-under-test.ts';
import { sampleEntry, sampleMessage, started, succeeded, superseded, uniqueQueue } from '../sample-job.ts';
import { author, type ControlledLedger, done } from './job-store-control.ts';

/** A worker that asks. */
function workerOf(over: Partial<WorkerPresence> = {}): WorkerPresence {
  return {
    ...{
      instanceId: freshId(),
      workerId: 'w',
      host: 'web-1',
      pid: 7,
      version: '1',
      queues: ['q'],
      kinds: ['k'],
    },
    ...{ concurrency: 4, startedAt: 5 },
    load: {
      ...{ rssBytes: 1e8, cpuShare: 0.5, eventLoopDelayMs: 1.5 },
      slots: [{ queue: 'q', size: 4, busy: 1 }],
      running: [{ jobId: freshId(), kind: 'k', queue: 'q', startedAt: 6 }],
    },
    ...over,
  };
}

/** The promises of a ledger about what workers learn of control. */
export function describeControlViews({
  store,
  openAnother,
  openReader,
  occupy,
  clock,
}: ControlledLedger): void {
  const view = (queues: readonly string[], afterSeq = 0) =>
    store().view({ instanceId: 'contract', queues, afterSeq });

  /** Accepts so many jobs of a queue, and cancels them. */
  async function cancelSome(queue: string, count: number): Promise<readonly SupersededMessage[]> {
    const messages = Array.from({ length: count }, () => sampleMessage(queue));
    await store().accept(messages.map((message) => sampleEntry(message)));
    await store().control(messages.map(({ id: jobId }) => ({ action: 'cancel', jobId, ...author })));
    return messages.map(({ id: jobId }) => ({ jobId, generation: 0 }));
  }

  test('a view has what was superseded in its queues since the one before, oldest first', async () => {
    const [queue, other, third] = [uniqueQueue(), uniqueQueue(), uniqueQueue()];
    const first = await cancelSome(queue, 2);
    const before = await view([queue, other, queue]);
    const second = [...(await cancelSome(other, 1)), ...(await cancelSome(queue, 1))];
    await cancelSome(third, 1);

    const after = await view([queue, other, queue], before.seq);

    expect(before).toMatchObject({ superseded: first, isComplete: true, supersededCount: 2, paused: [] });
    expect(after).toMatchObject({ superseded: second, isComplete: true, supersededCount: 4 });
    expect(await view([queue, other], after.seq)).toEqual({ ...after, superseded: [] });
    expect(after.seq).toBe(before.seq + 3);
  });

  test('entries that do not fit into one view come with the next ones', async () => {
    const [queue, other] = [uniqueQueue(), uniqueQueue()];
    const half = Math.floor(MAX_VIEW_ENTRIES / 2) + 50;
    const expected = [
      ...(await cancelSome(queue, half)),
      ...(await cancelSome(other, half)),
      ...(await cancelSome(queue, half)),
    ];

    const first = await view([queue, other]);
    const second = await view([queue, other], first.seq);

    expect([first.isComplete, first.superseded.length]).toEqual([false, MAX_VIEW_ENTRIES]);
    expect([...first.superseded, ...second.superseded]).toEqual(expected);
    expect(second).toMatchObject({ isComplete: true, supersededCount: 3 * half });
  });

  test('the entry of a message that is gone is in no view any more', async () => {
    const queue = uniqueQueue();
    const message = sampleMessage(queue);
    await store().accept([sampleEntry(message)]);
    const { seq = 0 } = await done(store(), 'cancel', message);

    await store().apply([superseded(message)]);

    expect(await view([queue])).toMatchObject({ seq, superseded: [], supersededCount: 0 });
  });

  test('the entry of a message stays when only a repetition of it has ended: the message itself may still come', async () => {
    const queue = uniqueQueue();
    const [message, buried] = [sampleMessage(queue), sampleMessage(queue)];
    await store().accept([sampleEntry(message), sampleEntry(buried)]);
    await done(store(), 'cancel', message);
    await done(store(), 'cancel', buried);
    const failure = { code: 'HANDLER_FAILED', message: 'm' } as const;
    const cancelled = { ...started(message), type: 'cancelled', state: 'cancelled' } as const;
    const dead = { ...started(buried), type: 'dead-lettered', failure } as const;
    const letter = { message: buried, failure, properties: '{}', isReturned: false };

    await store().apply([
      { ...cancelled, isRepeated: true },
      { ...dead, isRepeated: true },
    ]);
    await store().keepDeadLetters([letter], clock.now());
    const kept = await view([queue]);
    await store().apply([cancelled, superseded(buried)]);

    expect(kept.superseded.map(({ jobId }) => jobId)).toEqual([message.id, buried.id]);
    expect(await view([queue])).toMatchObject({ superseded: [], supersededCount: 0 });
  });

  test('a worker that knows of later decisions than there are is given all entries', async () => {
    const queue = uniqueQueue();
    const messages = await cancelSome(queue, 1);
    const { seq } = await view([queue]);

    expect(await view([queue], seq + 1_000)).toMatchObject({ seq, superseded: messages, isComplete: true });
  });

  test('a queue is paused until it is resumed, for all ledgers, and a repetition changes nothing', async () => {
    const [queue, other] = [uniqueQueue(), uniqueQueue()];
    const another = await openAnother();
    onTestFinished(() => another.close());
    const { seq } = await view([queue]);

    const paused = await store().pauseQueue({ queue, ...author });
    const pause = { queue, ...author, at: clock.now() };
    const again = await another.pauseQueue({ queue, by: 'bob' });
    const during = await another.view({ instanceId: 'i', queues: [queue, other], afterSeq: seq });
    const all = await another.pauses();
    const resumed = await another.resumeQueue({ queue, by: 'bob' });
    const resumedAgain = await store().resumeQueue({ queue, by: 'bob' });

    expect([paused, again]).toEqual([
      { isChanged: true, seq: seq + 1 },
      { isChanged: false, seq: seq + 1 },
    ]);
    expect(during).toMatchObject({ seq: seq + 1, superseded: [], paused: [pause] });
    expect(all).toContainEqual(pause);
    expect([resumed, resumedAgain]).toEqual([
      { isChanged: true, seq: seq + 2 },
      { isChanged: false, seq: seq + 2 },
    ]);
    expect(await view([queue])).toMatchObject({ seq: seq + 2, paused: [] });
    const [last, first] = await store().audit({ limit: 2 });
    expect(last).toMatchObject({ action: 'resume', queue, by: 'bob' });
    expect(first).toMatchObject({ action: 'pause', queue, ...author });
  });

  test('paused queues are listed by name', async () => {
    const names = [uniqueQueue(), uniqueQueue()].sort();
    for (const queue of names.toReversed()) await store().pauseQueue({ queue, by: 'ann' });

    const queues = (await store().pauses()).map(({ queue }) => queue);

    expect(queues).toEqual([...queues].sort());
    expect((await view(names)).paused.map(({ queue }) => queue)).toEqual(names);
    for (const queue of names) await store().resumeQueue({ queue, by: 'ann' });
  });

  test('a view is given while the ledger cannot be written', async ({ skip }) => {
    const queue = uniqueQueue();
    const messages = await cancelSome(queue, 1);
    using occupied = occupy();
    skip(occupied === undefined, 'nobody can keep this ledger from writing');

    const refused = store().pauseQueue({ queue, by: 'ann' });
    const [seen, pausing] = await Promise.allSettled([view([queue]), refused]);

    expect(seen).toMatchObject({ status: 'fulfilled', value: { superseded: messages } });
    expect(pausing).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
  });

  test('workers that were seen lately are listed by their ids, until they leave', async () => {
    const [a, b, gone] = [workerOf({ workerId: 'a' }), workerOf({ workerId: 'b' }), workerOf()];
    await store().noteWorker(gone);
    await clock.advance(60_000);
    await store().noteWorker(b);
    await clock.advance(1_000);
    await store().noteWorker(a);
    await clock.advance(500);

    const seen = await store().workers(10_000);
    const seenAt = (agoMs: number) => clock.now() - agoMs;
    await store().forgetWorker(a.instanceId);
    await store().forgetWorker('nobody');

    expect(seen).toEqual([
      { ...a, seenAt: seenAt(500) },
      { ...b, seenAt: seenAt(1_500) },
    ]);
    expect((await store().workers(10_000)).map(({ workerId }) => workerId)).toEqual(['b']);
    expect((await store().workers(61_500)).map(({ instanceId }) => instanceId)).toContain(gone.instanceId);
  });

  test('workers that started jobs of a queue and never asked are found, whether they asked, left or did not', async () => {
    const queue = uniqueQueue();
    const [asks, left] = [workerOf(), workerOf({ workerId: 'left' })];
    await store().noteWorker(asks);
    await store().noteWorker(left);
    await store().forgetWorker(left.instanceId);
    const startOf = async (over: Partial<StartedEvent>, at: string = queue) => {
      const event = { ...started(sampleMessage(at)), ...over };
      await store().apply([event]);
      return event;
    };
    const old = { workerId: 'old', instanceId: freshId(), host: 'web-2', version: '0.9' };
    const first = await startOf({ ...old, at: 1_000 });
    await store().apply([{ ...succeeded(sampleMessage(queue)), ...first, type: 'succeeded', at: 3_000 }]);
    await startOf({ ...old, at: 2_000 });
    await startOf({ workerId: 'foreign', at: 1_500 });
    await startOf({ workerId: 'of another time', at: 999 });
    await startOf({ workerId: 'of another queue', at: 2_000 }, uniqueQueue());
    for (const { workerId, instanceId } of [asks, left]) await startOf({ workerId, instanceId, at: 2_000 });

    const reader = await openReader();
    const unaware = await reader.unawareWorkers(queue, 1_000);

    await reader.close();
    expect(unaware).toEqual([
      { workerId: 'foreign', lastStartAt: 1_500 },
      { workerId: 'old', host: 'web-2', version: '0.9', lastStartAt: 2_000 },
    ]);
  });

  test('a worker that is noted again is listed once, and one that was not seen for an hour is forgotten', async () => {
    const [old, kept] = [workerOf(), workerOf()];
    await store().noteWorker(old);
    await store().noteWorker(kept);
    await clock.advance(3_600_000);

    await store().noteWorker({ ...kept, version: '2' });

    const seen = await store().workers(1e12);
    expect(seen.filter(({ instanceId }) => instanceId === kept.instanceId)).toMatchObject([{ version: '2' }]);
    expect(seen.map(({ instanceId }) => instanceId)).not.toContain(old.instanceId);
  });
}
