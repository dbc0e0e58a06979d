import type { HistoryPolicy, JobMessage, JobReader, JobStore, LedgerEntry } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded } from '../sample-job.ts';
import type { JobStoreUnderTest } from './job-store-under-test.ts';

const FAILURE = { code: 'HANDLER_FAILED', message: 'card 4111-1111 was declined' } as const;
const HEADERS = { traceparent: 't' };

function entryOf(message: JobMessage, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return { ...sampleEntry({ ...message, headers: HEADERS }), ...more };
}

/** The promises about the bodies of jobs, payload, headers and result: how long they are kept, and how they are shown. */
export function describeBodies(start: () => Promise<JobStoreUnderTest>): void {
  describe('a ledger that keeps bodies', () => {
    let harness: JobStoreUnderTest;
    let store: JobStore;
    let reader: JobReader;
    beforeAll(async () => {
      harness = await start();
      store = await harness.open(createManualClock());
      reader = await harness.openReader();
    });
    afterAll(async () => {
      await reader.close();
      await store.close();
      await harness.dispose();
    });

    /** A job of a definition with this policy, after an outcome. */
    async function finished(history: HistoryPolicy, end: 'succeeded' | 'cancelled' | 'expired' | 'dead') {
      const message = sampleMessage('bodies');
      await store.accept([entryOf(message, history === 'all' ? {} : { history })]);
      const { type: _type, ...base } = started(message);
      if (end === 'succeeded') await store.apply([succeeded(message)]);
      else if (end === 'dead') await store.apply([{ ...base, type: 'dead-lettered', failure: FAILURE }]);
      else await store.apply([{ ...base, type: end, state: end }]);
      return message;
    }

    async function bodyOf({ id }: JobMessage) {
      const { payload, headers, result } = (await store.get(id)) ?? expect.unreachable();
      return { payload, headers, result };
    }

    const whole = { payload: 'work', headers: HEADERS, result: undefined };
    const none = { payload: undefined, headers: undefined, result: undefined };

    test('keeps those of finished jobs as the history policy of their definition says', async () => {
      expect(await bodyOf(await finished('all', 'succeeded'))).toEqual({ ...whole, result: { done: true } });
      expect(await bodyOf(await finished('failed', 'succeeded'))).toEqual(none);
      expect(await bodyOf(await finished('failed', 'cancelled'))).toEqual(none);
      expect(await bodyOf(await finished('failed', 'expired'))).toEqual(whole);
      expect(await bodyOf(await finished('none', 'expired'))).toEqual(none);
      for (const history of ['all', 'failed', 'none'] as const)
        expect(await bodyOf(await finished(history, 'dead'))).toEqual(whole);
    });

    test('keeps the rest of a job whose body went, and knows it under its id', async () => {
      const message = await finished('none', 'succeeded');
      const before = await reader.get(message.id);

      const answers = await store.accept([entryOf(message, { isIdGiven: true, tags: ['other'] })]);

      expect(before).toMatchObject({
        job: { state: 'succeeded', history: 'none', attempt: 1 },
        attempts: [{ attempt: 1, outcome: 'succeeded' }],
      });
      expect(answers).toEqual(['known']);
      expect(await reader.get(message.id)).toEqual(before);
    });

    test('keeps the failure of a job whose body went', async () => {
      const message = sampleMessage('bodies');
      const { type: _type, ...base } = started(message);
      await store.accept([entryOf(message, { history: 'none' })]);

      await store.apply([{ ...base, type: 'retried', failure: FAILURE, delayMs: 1 }]);
      expect(await bodyOf(message)).toEqual(whole);
      await store.apply([{ ...base, type: 'cancelled', attempt: 2, state: 'cancelled' }]);

      expect(await bodyOf(message)).toEqual(none);
      expect(await store.get(message.id)).toMatchObject({ state: 'cancelled', failure: FAILURE });
    });

    test('keeps none that an acceptance after the end of its job tells', async () => {
      const messages = [sampleMessage('bodies'), sampleMessage('bodies'), sampleMessage('bodies')] as const;
      const [fresh, given, told] = messages;
      const { type: _type, workerId: _worker, ...base } = started(told);
      for (const message of messages) await store.apply([succeeded(message)]);

      await store.accept([entryOf(fresh, { history: 'failed' })]);
      await store.accept([entryOf(given, { history: 'failed', isIdGiven: true })]);
      await store.apply([{ ...base, type: 'accepted', payload: 'work', delayMs: 0, history: 'failed' }]);

      for (const message of messages) {
        expect(await bodyOf(message)).toEqual(none);
        expect(await store.get(message.id)).toMatchObject({ state: 'succeeded', history: 'failed' });
      }
    });

    test('shows payload, result and failures with the redacted values masked, and has the true ones for those who run jobs', async () => {
      const payload = { card: { number: '4111-1111' }, amount: 7 };
      const redact = ['card.number'];
      const message = sampleMessage('bodies', payload);
      const { type: _type, ...base } = started(message);
      await store.accept([entryOf(message, { redact })]);

      await store.apply([{ ...base, type: 'retried', failure: FAILURE, delayMs: 1 }]);
      const failed = await reader.get(message.id);
      const { jobs } = await reader.list({
        filter: { idPrefix: message.id },
        order: 'newest-first',
        limit: 1,
      });
      const [group] = await reader.failureGroups(1);
      const truth = await store.get(message.id);
      await store.apply([
        { ...succeeded({ ...message, attempt: 2 }), result: { card: { number: '4111-1111' } } },
      ]);

      const masked = { ...FAILURE, message: 'card [redacted] was declined' };
      expect(failed).toMatchObject({
        job: { payload: { card: { number: '[redacted]' }, amount: 7 }, failure: masked, redact },
        attempts: [{ failure: masked }],
      });
      expect(jobs).toMatchObject([{ failureMessage: masked.message }]);
      expect(group?.sample).toEqual({ jobId: message.id, message: masked.message });
      expect(truth).toMatchObject({ payload, failure: FAILURE });
      expect((await reader.get(message.id))?.job.result).toEqual({ card: { number: '[redacted]' } });
      expect((await store.get(message.id))?.result).toEqual({ card: { number: '4111-1111' } });
    });

    test('masks what an acceptance after other events says', async () => {
      const messages = [
        sampleMessage('bodies', { pin: '1234' }),
        sampleMessage('bodies', { pin: '1234' }),
      ] as const;
      const [entered, told] = messages;
      const { type: _type, workerId: _worker, ...base } = started(told);
      const redact = ['pin'];
      for (const message of messages) await store.apply([started(message)]);

      await store.accept([entryOf(entered, { redact })]);
      await store.apply([{ ...base, type: 'accepted', payload: { pin: '1234' }, delayMs: 0, redact }]);

      for (const { id } of messages)
        expect(await reader.get(id)).toMatchObject({
          job: { state: 'running', payload: { pin: '[redacted]' } },
        });
    });
  });
}
