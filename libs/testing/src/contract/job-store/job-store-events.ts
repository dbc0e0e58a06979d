import type { JobEvent, JobStore } from '@leveret/core';
import { expect, test } from 'vitest';
import { awkwardText, sampleEntry, sampleMessage, started, succeeded } from '../sample-job.ts';

/** The promises of a ledger about events. */
export function describeJobStoreEvents(store: () => JobStore, openAnother: () => Promise<JobStore>): void {
  test('events that two ledgers apply at the same time move a job like events one after the other', async () => {
    const message = sampleMessage('ledger');
    const another = await openAnother();
    await store().accept([sampleEntry(message)]);
    const attempts = Array.from({ length: 20 }, (_, index) => ({ ...message, attempt: index + 1 }));
    const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
    const events = attempts.flatMap((attempt): JobEvent[] => {
      const { type: _type, workerId: _worker, ...base } = started(attempt);
      return [started(attempt), { ...base, type: 'retried', failure, delayMs: 1 }];
    });

    await Promise.all(events.map((event, index) => (index % 2 === 0 ? store() : another).apply([event])));

    expect(await store().get(message.id)).toMatchObject({
      state: 'retrying',
      attempt: 20,
      settledAttempt: 20,
      payload: 'work',
    });
    await another.close();
  });

  test('an outcome of a type that is not known moves a job to the state that it says', async () => {
    const message = sampleMessage('ledger');
    await store().accept([sampleEntry(message)]);

    await store().apply([{ ...started(message), type: 'cancelled', state: 'cancelled' }]);

    expect(await store().get(message.id)).toMatchObject({ state: 'cancelled', settledAttempt: 1 });
  });

  test('an event of a higher generation begins anew, and those of lower generations change nothing', async () => {
    const message = { ...sampleMessage('ledger'), attempt: 3 };
    await store().accept([sampleEntry(message)]);

    await store().apply([succeeded(message)]);
    await store().apply([{ ...started({ ...message, attempt: 4 }), generation: 2 }]);
    await store().apply([{ ...succeeded({ ...message, attempt: 4 }), generation: 1 }]);

    const record = await store().get(message.id);
    expect(record).toMatchObject({
      state: 'running',
      generation: 2,
      attempt: 4,
      settledAttempt: 3,
      payload: 'work',
    });
  });

  test('what was sent along stays in the record: when the job is dispatched, moved, and accepted only after events', async () => {
    const headers = { traceparent: 't' };
    const [early, late] = [sampleMessage('ledger'), sampleMessage('ledger')];
    const urgent = { ...late, priority: 'high', headers } as const;
    await store().accept([sampleEntry({ ...early, headers })]);
    await store().markDispatched([early.id]);
    await store().apply([succeeded(early), succeeded(late)]);

    await store().accept([{ ...sampleEntry(urgent), isIdGiven: true }]);
    const told = { ...started(sampleMessage('ledger')), type: 'accepted', payload: 1, delayMs: 0 } as const;
    await store().apply([{ ...told, headers }]);

    expect(await store().get(early.id)).toMatchObject({ state: 'succeeded', headers });
    expect(await store().get(late.id)).toMatchObject({ state: 'succeeded', headers, priority: 'high' });
    expect(await store().get(told.jobId)).toMatchObject({ state: 'queued', headers });
  });

  test('failure and result of an earlier generation are gone when a higher one begins', async () => {
    const [failed, done] = [sampleMessage('ledger'), sampleMessage('ledger')];
    const { type: _type, ...base } = started(failed);
    const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;

    await store().apply([
      { ...base, type: 'dead-lettered', failure },
      { ...succeeded(done), result: 'done' },
    ]);
    for (const message of [failed, done])
      await store().apply([{ ...started({ ...message, attempt: 2 }), generation: 1 }]);

    for (const { id } of [failed, done]) {
      const record = await store().get(id);
      expect(record).toMatchObject({ state: 'running', generation: 1 });
      expect([record?.failure, record?.result]).toEqual([undefined, undefined]);
    }
  });

  test('tags stay in the record: of a job that is accepted, moved, and accepted only after events', async () => {
    const tags = ['eu', 'customer "7"'];
    const [early, late] = [sampleMessage('ledger'), sampleMessage('ledger')];
    await store().accept([{ ...sampleEntry(early), tags }]);
    await store().apply([succeeded(early), succeeded(late)]);

    await store().accept([{ ...sampleEntry(late), tags, isIdGiven: true }]);
    const { workerId: _worker, ...base } = started(sampleMessage('ledger'));
    const repeated = [...tags, ...tags];
    await store().apply([{ ...base, type: 'accepted', payload: 1, delayMs: 0, tags: repeated }]);

    expect(await store().get(early.id)).toMatchObject({ state: 'succeeded', tags });
    expect(await store().get(late.id)).toMatchObject({ state: 'succeeded', tags });
    expect(await store().get(base.jobId)).toMatchObject({ state: 'queued', tags: repeated });
  });

  test('an acceptance that comes after other events says how urgent the job is, and changes nothing the second time', async () => {
    const message = sampleMessage('ledger');
    const { workerId: _worker, ...base } = started(message);
    const told = { ...base, type: 'accepted', payload: 1, delayMs: 0, priority: 'high' } as const;

    await store().apply([started(message)]);
    await store().apply([told]);
    await store().apply([{ ...told, payload: 2, priority: 'low' }]);

    expect(await store().get(message.id)).toMatchObject({ state: 'running', payload: 1, priority: 'high' });
  });

  test('progress is kept exactly, also when other events follow', async () => {
    const message = sampleMessage('ledger');
    const progress = { ...started(message), type: 'progress', progress: 1 / 3 } as const;

    await store().apply([progress]);
    await store().apply([{ ...started(message), at: progress.at - 1 }]);

    expect(await store().get(message.id)).toMatchObject({ state: 'running', progress: 1 / 3 });
  });

  test('an event that the ledger refuses is its own fault: the ledger stays up, and takes others', async () => {
    const [good, bad] = [sampleMessage('ledger'), sampleMessage('ledger')];

    const refused = store().apply([{ ...started(bad), jobId: null as never }]);
    const applied = store().apply([started(good)]);

    await expect(refused).rejects.toMatchObject({ code: 'ENTRY_REFUSED' });
    await applied;
    expect(store().status()).toEqual({ state: 'up' });
  });

  test('what cannot be applied is kept as it came, in order, until it is removed', async () => {
    const entries = ['"no event"', JSON.stringify({ type: awkwardText }), 'null'];
    const another = await openAnother();

    await store().unapplied.keep(entries.map((entry) => ({ entry, reason: awkwardText })));

    const kept = await another.unapplied.list(0, 10);
    const [first, second] = kept;
    expect(kept.map(({ entry }) => entry)).toEqual(entries);
    expect(first?.reason).toMatch(/^before.*after$/su);
    expect(await store().unapplied.list(first?.seq ?? 0, 1)).toEqual([second]);
    expect(await store().unapplied.count()).toBe(3);
    await another.unapplied.remove([...kept.map(({ seq }) => seq), 1_000_000]);
    expect(await store().unapplied.list(0, 10)).toEqual([]);
    expect(await store().unapplied.count()).toBe(0);
    await another.close();
  });
}
