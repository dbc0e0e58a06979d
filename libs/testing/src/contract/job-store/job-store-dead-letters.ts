import { ACCEPTED_HOLD_MS, type DeadLetter, type JobMessage, type JobStore } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awkwardText, sampleEntry, sampleMessage, started, succeeded, uniqueQueue } from '../sample-job.ts';
import type { JobStoreUnderTest } from './job-store-under-test.ts';

const AT = 1_700_000_900_000;
const failure = { code: 'HANDLER_FAILED', message: 'disk full', errorCode: 'ENOSPC' } as const;

/** The promises of a ledger about dead letters, in a ledger of its own. */
export function describeJobStoreDeadLetters(start: () => Promise<JobStoreUnderTest>): void {
  const clock = createManualClock();
  let harness: JobStoreUnderTest;
  let store: JobStore;
  beforeAll(async () => {
    harness = await start();
    store = await harness.open(clock);
  });
  afterAll(async () => {
    await store.close();
    await harness.dispose();
  });
  const keep = (...letters: readonly DeadLetter[]) => store.keepDeadLetters(letters, AT);

  test('a dead letter of a job that the ledger never heard of becomes a whole, dead job', async () => {
    const message: JobMessage = {
      ...sampleMessage(uniqueQueue(), { text: awkwardText }),
      priority: 'low',
      attempt: 4,
      maxAttempts: 6,
      generation: 2,
      headers: { traceparent: 't' },
    };

    expect(await keep(letterOf(message))).toEqual(['kept']);

    const record = await store.get(message.id);
    expect(record).toMatchObject({
      id: message.id,
      kind: message.kind,
      queue: message.queue,
      state: 'dead',
      priority: 'low',
      attempt: 4,
      settledAttempt: 4,
      maxAttempts: 6,
      generation: 2,
      createdAt: message.createdAt,
      finishedAt: AT,
      failure,
      payload: { text: awkwardText },
      headers: { traceparent: 't' },
    });
    expect(await store.queues()).toContain(message.queue);
  });

  test('of a job that is known to be dead, a dead letter fills in what is missing, in either order and twice', async () => {
    const [eventFirst, letterFirst] = [1, 2].map(() => ({
      ...sampleMessage(uniqueQueue(), { a: 1 }),
      priority: 'high' as const,
      headers: { traceparent: 't' },
    }));
    if (eventFirst === undefined || letterFirst === undefined) expect.unreachable();

    await store.apply([deadLettered(eventFirst)]);
    expect(await keep(letterOf(eventFirst), letterOf(eventFirst))).toEqual(['kept', 'kept']);
    await keep(letterOf(letterFirst));
    await store.apply([deadLettered(letterFirst)]);
    await keep(letterOf(letterFirst));

    for (const message of [eventFirst, letterFirst])
      expect(await store.get(message.id)).toMatchObject({
        state: 'dead',
        attempt: 1,
        maxAttempts: 3,
        workerId: 'w1',
        finishedAt: deadLettered(message).at,
        failure,
        priority: 'high',
        payload: { a: 1 },
        headers: { traceparent: 't' },
      });
  });

  test('the same dead letter again, from another ledger and later, changes nothing', async () => {
    const message = sampleMessage(uniqueQueue());
    const another = await harness.open(clock);
    await Promise.all([keep(letterOf(message)), another.keepDeadLetters([letterOf(message)], AT)]);
    const once = await store.get(message.id);

    await another.keepDeadLetters([letterOf(message)], AT + 60_000);

    expect(await store.get(message.id)).toEqual(once);
    await another.close();
  });

  test('a job that was accepted keeps its payload and tags, and a dead letter proves that it was dispatched', async () => {
    const message = sampleMessage(uniqueQueue(), { a: 1, b: 2 });
    const reordered = { ...message, body: new TextEncoder().encode('{ "b": 2, "a": 1 }') };
    await store.accept([{ ...sampleEntry(message), tags: ['eu'] }]);

    expect(await keep(letterOf(reordered))).toEqual(['kept']);
    await clock.advance(60_000);

    expect(await store.get(message.id)).toMatchObject({
      state: 'dead',
      maxAttempts: 3,
      tags: ['eu'],
      payload: { a: 1, b: 2 },
    });
    const claimed = await store.claimUndispatched({ limit: 100, maxBytes: 1_000, leaseMs: 1 });
    expect(claimed.map((outgoing) => outgoing.message.id)).not.toContain(message.id);
  });

  test('an acceptance that comes after the dead letter brings the tags', async () => {
    const message = sampleMessage(uniqueQueue());
    const { workerId: _worker, ...base } = started(message);

    await keep(letterOf(message));
    await store.apply([{ ...base, type: 'accepted', payload: 'work', delayMs: 0, tags: ['eu'] }]);

    expect(await store.get(message.id)).toMatchObject({ state: 'dead', payload: 'work', tags: ['eu'] });
  });

  test('a dead letter of an earlier attempt moves nothing, and one of a job that is done neither', async () => {
    const [later, done] = [sampleMessage(uniqueQueue()), sampleMessage(uniqueQueue())];
    await store.apply([started({ ...later, attempt: 2 }), succeeded(done)]);

    expect(await keep(letterOf(later), letterOf(done))).toEqual(['kept', 'kept']);

    expect(await store.get(later.id)).toMatchObject({ state: 'running', attempt: 2, payload: 'work' });
    expect(await store.get(done.id)).toMatchObject({ state: 'succeeded', payload: 'work' });
  });

  test('a dead letter of a lower generation changes nothing', async () => {
    const message = sampleMessage(uniqueQueue());
    await store.apply([{ ...started(message), generation: 2 }]);
    const before = await store.get(message.id);

    expect(await keep(letterOf({ ...message, generation: 1 }))).toEqual(['superseded']);

    expect(await store.get(message.id)).toEqual(before);
  });

  test('a dead letter whose id belongs to another job changes nothing', async () => {
    const message = sampleMessage(uniqueQueue());
    await store.accept([sampleEntry(message)]);
    const before = await store.get(message.id);
    const others = [
      { ...message, kind: 'another.kind' },
      { ...message, queue: uniqueQueue() },
      { ...message, body: new TextEncoder().encode('"other"') },
    ];

    expect(await keep(...others.map(letterOf))).toEqual(['conflict', 'conflict', 'conflict']);

    expect(await store.get(message.id)).toEqual(before);
  });

  test('of dead letters that are kept together, none is when one cannot be', async () => {
    const [good, bad] = [sampleMessage(uniqueQueue()), sampleMessage(uniqueQueue())];
    const broken = letterOf({ ...bad, id: null as never });

    await expect(keep(letterOf(good), broken)).rejects.toMatchObject({ code: 'ENTRY_REFUSED' });

    expect(await store.get(good.id)).toBeUndefined();
    expect(store.status()).toEqual({ state: 'up' });
  });

  test('a closed ledger refuses all of it with STORE_UNAVAILABLE', async () => {
    const closed = await harness.open(clock);
    await closed.close();

    const calls = [
      closed.keepDeadLetters([letterOf(sampleMessage(uniqueQueue()))], AT),
      closed.setAside.keep([unfit('q', '1')]),
      closed.discardSetAside({ kind: 'messages', seqs: [1], by: 'ann' }),
      closed.queues(),
    ];

    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
  });

  describe('what is set aside', () => {
    test('is kept as it came, in order, until it is removed', async () => {
      const reader = await harness.openReader();
      const [first, second] = [unfit('mail', '\0\ud83d'), { ...unfit('video', '2'), reason: awkwardText }];

      await store.setAside.keep([first, second]);

      const listed = await reader.setAside.messages(0, 500);
      expect(listed).toMatchObject([
        { queue: 'mail', reason: 'no job', at: AT, bodyBytes: first.body.length },
        { queue: 'video', reason: expect.stringMatching(/^before.*after$/su) },
      ]);
      const [one, two] = listed.map(({ seq }) => seq);
      expect(await reader.setAside.messages(one ?? 0, 1)).toEqual(listed.slice(1));
      const message = await reader.setAside.message(one ?? 0);
      expect(message).toMatchObject({ ...listed[0], properties: first.properties });
      expect([...(message?.body ?? [])]).toEqual([...first.body]);
      expect(await reader.setAside.counts()).toEqual({ messages: 2, events: 0 });
      await store.discardSetAside({ kind: 'messages', seqs: [one ?? 0, two ?? 0, 1_000_000], by: 'ann' });
      expect(await reader.setAside.messages(0, 500)).toEqual([]);
      expect(await reader.setAside.message(one ?? 0)).toBeUndefined();
      await reader.close();
    });

    test('is discarded by somebody, which is in the audit, once if anything was deleted', async () => {
      const reader = await harness.openReader();
      await store.setAside.keep([unfit('mail', 'a'), unfit('mail', 'b')]);
      await store.unapplied.keep([{ entry: '1', reason: 'no event' }]);
      const seqs = (await reader.setAside.messages(0, 500)).map(({ seq }) => seq);
      const events = (await reader.setAside.events(0, 500)).map(({ seq }) => seq);
      const author = { by: 'ann', reason: 'of a test program' };

      const counts = [
        await store.discardSetAside({ kind: 'messages', seqs: [...seqs, 1_000_000], ...author }),
        await store.discardSetAside({ kind: 'events', seqs: events, by: 'bob' }),
        await store.discardSetAside({ kind: 'events', seqs: events, by: 'bob' }),
      ];

      expect(counts).toEqual([2, 1, 0]);
      expect(await reader.setAside.counts()).toEqual({ messages: 0, events: 0 });
      expect(await store.audit({ limit: 2 })).toMatchObject([
        { action: 'discard-events', by: 'bob' },
        { action: 'discard-messages', ...author },
      ]);
      await reader.close();
    });

    test('is kept once when it comes again, and as often as it comes when it does not', async () => {
      const reader = await harness.openReader();
      const message = unfit('mail', 'twice');
      const returned = { ...message, isReturned: true };

      await store.setAside.keep([message, message]);
      await store.setAside.keep([returned, { ...returned, at: AT + 1 }]);
      await store.setAside.keep([
        { ...returned, queue: 'video' },
        { ...returned, properties: '{}' },
      ]);

      const kept = await reader.setAside.messages(0, 500);
      expect(kept.map(({ queue }) => queue)).toEqual(['mail', 'mail', 'video', 'mail']);
      await store.discardSetAside({ kind: 'messages', seqs: kept.map(({ seq }) => seq), by: 'ann' });
      await reader.close();
    });

    test('is cut at the largest size of a payload', async () => {
      const reader = await harness.openReader();
      const body = new Uint8Array(1_500_000).fill(7);

      await store.setAside.keep([{ ...unfit('mail', ''), body }]);

      const [kept] = await reader.setAside.messages(0, 1);
      const message = await reader.setAside.message(kept?.seq ?? 0);
      expect([message?.bodyBytes, message?.body.length, message?.body.at(-1)]).toEqual([
        1_500_000, 1_048_576, 7,
      ]);
      await store.discardSetAside({ kind: 'messages', seqs: [kept?.seq ?? 0], by: 'ann' });
      await reader.close();
    });

    test('has events that cannot be applied beside it', async () => {
      const reader = await harness.openReader();
      await store.unapplied.keep(['1', '2'].map((entry) => ({ entry, reason: 'no event' })));

      const events = await reader.setAside.events(0, 500);

      expect(events).toMatchObject([{ entry: '1' }, { entry: '2' }]);
      const [first, second] = events;
      expect(await reader.setAside.events(first?.seq ?? 0, 1)).toEqual([second]);
      expect(await reader.setAside.event(second?.seq ?? 0)).toEqual(second);
      expect(await reader.setAside.event(1_000_000)).toBeUndefined();
      expect(await reader.setAside.counts()).toEqual({ messages: 0, events: 2 });
      await store.unapplied.remove(events.map(({ seq }) => seq));
      await reader.close();
    });

    test('is found by the job that waits for it, the newest one, until it is removed or a relay sends the job again', async () => {
      const reader = await harness.openReader();
      const [sent, again] = [sampleMessage(uniqueQueue()), sampleMessage(uniqueQueue())];
      await store.accept([sampleEntry(sent), sampleEntry(again)]);
      await store.markDispatched([sent.id]);
      const runOf = ({ id: jobId }: JobMessage, run = 0) => ({ jobId, generation: 2, attempt: 3, run });

      await store.setAside.keep([
        { ...unfit('mail', '1'), unroutable: runOf(sent) },
        { ...unfit('mail', '2'), at: AT + 1, unroutable: runOf(sent, 7) },
        { ...unfit('mail', '3'), unroutable: runOf(again) },
        unfit('mail', '4'),
      ]);

      const seqs = (await reader.setAside.messages(0, 500)).map(({ seq }) => seq);
      const newest = { ...runOf(sent, 7), seq: seqs[1], at: AT + 1 };
      expect(await reader.setAside.unroutableOf(sent.id)).toEqual(newest);
      expect(await reader.setAside.unroutableOf(again.id)).toMatchObject({ seq: seqs[2] });
      await clock.advance(ACCEPTED_HOLD_MS);
      await store.claimUndispatched({ limit: 1_000, maxBytes: 1e7, leaseMs: 1 });
      expect(await reader.setAside.unroutableOf(again.id)).toBeUndefined();
      expect(await reader.setAside.unroutableOf(sent.id)).toEqual(newest);
      await store.discardSetAside({ kind: 'messages', seqs: seqs.slice(1), by: 'ann' });
      expect(await reader.setAside.unroutableOf(sent.id)).toMatchObject({ seq: seqs[0], run: 0 });
      await store.discardSetAside({ kind: 'messages', seqs, by: 'ann' });
      expect(await reader.setAside.unroutableOf(sent.id)).toBeUndefined();
      await reader.close();
    });

    test.each([0, 501, 1.5])('has no page of %d entries', async (limit) => {
      const reader = await harness.openReader();

      await expect(reader.setAside.messages(0, limit)).rejects.toThrow(RangeError);
      await expect(reader.setAside.events(0, limit)).rejects.toThrow(RangeError);
      await reader.close();
    });
  });
}

function letterOf(message: JobMessage): DeadLetter {
  return { message, failure, properties: JSON.stringify({ messageId: message.id }), isReturned: false };
}

function deadLettered(message: JobMessage) {
  const told = { ...started(message), type: 'dead-lettered', state: 'dead', failure } as const;
  return { ...told, at: message.createdAt + 20 };
}

function unfit(queue: string, text: string) {
  const properties = JSON.stringify({ note: text });
  return {
    queue,
    reason: 'no job',
    properties,
    body: new TextEncoder().encode(text),
    at: AT,
    isReturned: false,
  };
}
