import { type JobReader, type JobStore, MAX_LISTED_TAGS, MAX_PAGE_JOBS } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded } from '../../sample-job.ts';
import type { JobStoreUnderTest } from '../job-store-under-test.ts';

/** Holds a driver to what `JobReader` promises about parts of jobs, in a ledger of its own. */
export function describeJobParts(start: () => Promise<JobStoreUnderTest>): void {
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

  const encode = (text: string) => new TextEncoder().encode(text);

  test('payload and result are read as they are kept, with all digits of numbers', async () => {
    const body = encode('{ "id": 12345678901234567890, "b":1.10 }');
    const message = { ...sampleMessage('parts'), body };
    await store.accept([sampleEntry(message)]);
    const before = await reader.bodyText(message.id, 'result');

    await store.apply([{ ...succeeded(message), result: { done: 'ü' } }]);

    expect(before).toBeUndefined();
    expect(await reader.bodyText(message.id, 'payload')).toBe('{ "id": 12345678901234567890, "b":1.10 }');
    expect(JSON.parse((await reader.bodyText(message.id, 'result')) ?? '')).toEqual({ done: 'ü' });
  });

  test('a job has the keys of the files that it refers to, and no others', async () => {
    const [referring, bare] = [sampleMessage('parts'), sampleMessage('parts')];
    await store.accept([{ ...sampleEntry(referring), blobs: ['b/2', 'a/'] }, sampleEntry(bare)]);
    await store.accept([{ ...sampleEntry(sampleMessage('parts')), blobs: ['c'] }]);

    expect(await reader.blobKeys(referring.id)).toEqual(['a/', 'b/2']);
    expect(await reader.blobKeys(bare.id)).toEqual([]);
    expect(await reader.blobKeys(sampleMessage('parts').id)).toEqual([]);
  });

  test('values at redacted paths are replaced', async () => {
    const message = { ...sampleMessage('parts'), body: encode('{"id":12345678901234567890,"card":"4111"}') };
    await store.accept([{ ...sampleEntry(message), redact: ['card'] }]);
    await store.apply([{ ...succeeded(message), result: { card: '4111', done: true } }]);

    expect(await reader.bodyText(message.id, 'payload')).toBe(
      '{"id":12345678901234567890,"card":"[redacted]"}',
    );
    expect(await reader.bodyText(message.id, 'result')).not.toContain('4111');
  });

  test('an empty result is null; a body that is not kept, or of an unknown job, is not there', async () => {
    const [empty, unkept] = [sampleMessage('parts'), sampleMessage('parts')];
    await store.accept([sampleEntry(empty), { ...sampleEntry(unkept), history: 'none' }]);
    await store.apply([
      { ...succeeded(empty), result: null },
      { ...succeeded(unkept), result: null },
    ]);

    expect(await reader.bodyText(empty.id, 'result')).toBe('null');
    expect(await reader.bodyText(unkept.id, 'result')).toBeUndefined();
    expect(await reader.bodyText(unkept.id, 'payload')).toBeUndefined();
    expect(await reader.bodyText(sampleMessage('parts').id, 'payload')).toBeUndefined();
  });

  test('of each job the newest attempt is given, and none of a job without attempts', async () => {
    const [run, waiting] = [sampleMessage('parts'), sampleMessage('parts')];
    await store.accept([sampleEntry(run), sampleEntry(waiting)]);
    const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
    await store.apply([
      { ...started(run), host: 'a', version: '1' },
      { ...started(run), type: 'retried', delayMs: 0, failure, host: 'a', version: '1' },
      { ...started(run), attempt: 2, host: 'b', version: '2' },
    ]);

    expect(await reader.newestAttempts([run.id, waiting.id])).toEqual([
      { jobId: run.id, attempt: 2, workerId: 'w1', host: 'b', version: '2' },
    ]);
    const many = Array.from({ length: MAX_PAGE_JOBS + 1 }, () => run.id);
    await expect(reader.newestAttempts(many)).rejects.toThrow(RangeError);
  });

  test('tags are listed by what they begin with, each once and in order', async () => {
    const tagged = (...tags: readonly string[]) => ({ ...sampleEntry(sampleMessage('parts')), tags });
    await store.accept([tagged('parts:b', 'parts:a'), tagged('parts:a'), tagged('parts:%', 'paris')]);

    expect(await reader.tags('parts:', 10)).toEqual(['parts:%', 'parts:a', 'parts:b']);
    expect(await reader.tags('parts:', 2)).toEqual(['parts:%', 'parts:a']);
    expect(await reader.tags('parts:x', 10)).toEqual([]);
    await expect(reader.tags('', MAX_LISTED_TAGS + 1)).rejects.toThrow(RangeError);
  });
}
