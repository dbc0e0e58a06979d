import type { JobMessage, JobStore, LedgerEntry } from '@leveret/core';
import { describe, expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded } from '../sample-job.ts';

/** A job under an id that its caller chose. */
function entryOf(message: JobMessage): LedgerEntry {
  return { ...sampleEntry(message), isIdGiven: true };
}

/** The promises about jobs that are accepted under an id that may be known. */
export function describeJobStoreAcceptance(
  store: () => JobStore,
  openAnother: () => Promise<JobStore>,
): void {
  describe('a ledger that accepts a job', () => {
    test('that is new says so, whether the id is the caller’s or not', async () => {
      const [given, fresh] = [sampleMessage('ledger'), sampleMessage('ledger')];

      expect(await store().accept([entryOf(given)])).toEqual(['new']);
      expect(await store().accept([sampleEntry(fresh)])).toEqual(['new']);
    });

    test('that is known leaves it as it is, whatever became of it', async () => {
      const message = sampleMessage('ledger', { a: 1, b: [2] });
      await store().accept([entryOf(message)]);
      await store().apply([succeeded(message)]);
      const before = await store().get(message.id);

      const reordered = { ...sampleMessage('ledger', { b: [2], a: 1 }), id: message.id, createdAt: 5 };
      const answers = await store().accept([entryOf(message), entryOf(reordered)]);

      expect(answers).toEqual(['known', 'known']);
      expect(await store().get(message.id)).toEqual(before);
    });

    test('under the id of a job of another payload, kind or queue refuses it and changes nothing', async () => {
      const message = sampleMessage('ledger');
      await store().accept([entryOf(message)]);
      const before = await store().get(message.id);

      const answers = await store().accept([
        entryOf({ ...sampleMessage('ledger', 'other'), id: message.id }),
        entryOf({ ...message, kind: 'contract.other' }),
        entryOf({ ...message, queue: 'other' }),
      ]);

      expect(answers).toEqual(['conflict', 'conflict', 'conflict']);
      expect(await store().get(message.id)).toEqual(before);
    });

    test('answers for each job, also for two of one id in the same call', async () => {
      const [known, once] = [sampleMessage('ledger'), sampleMessage('ledger')];
      await store().accept([entryOf(known)]);

      const answers = await store().accept([
        entryOf(once),
        entryOf(known),
        entryOf(once),
        entryOf({ ...once, kind: 'contract.other' }),
      ]);

      expect(answers).toEqual(['new', 'known', 'known', 'conflict']);
    });

    test('under one id several times at once says new to one caller', async () => {
      const another = await openAnother();
      const message = sampleMessage('ledger');

      const answers = await Promise.all(
        [store(), another, store(), another].map((ledger) => ledger.accept([entryOf(message)])),
      );

      expect(answers.flat().sort()).toEqual(['known', 'known', 'known', 'new']);
      await another.close();
    });

    test('fills in a payload that an event could not tell, and nothing else', async () => {
      const [given, fresh] = [sampleMessage('ledger'), sampleMessage('ledger')];
      await store().apply([started(given), started(fresh)]);

      const answers = await store().accept([entryOf(given)]);
      await store().accept([sampleEntry(fresh)]);

      expect(answers).toEqual(['known']);
      for (const { id } of [given, fresh])
        expect(await store().get(id)).toMatchObject({ state: 'running', attempt: 1, payload: 'work' });
    });
  });
}
