import {
  type JobMessage,
  type JobReader,
  type JobStore,
  type LoggedEvent,
  type LoggedLine,
  MAX_LOGGED_BYTES,
  MAX_LOGGED_LINES,
  type ProgressEvent,
  type RecordableEvent,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { awkwardText, sampleEntry, sampleMessage, started, succeeded } from '../sample-job.ts';
import type { JobStoreUnderTest } from './job-store-under-test.ts';

/** Holds a driver to what a ledger promises about lines that handlers logged, about progress, and about how long attempts waited. */
export function describeJobLog(start: () => Promise<JobStoreUnderTest>): void {
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

  async function acceptedMessage(): Promise<JobMessage> {
    const message = sampleMessage('logged');
    await store.accept([sampleEntry(message)]);
    return message;
  }

  test('the lines of a job are read by attempt, oldest first, with texts of every kind', async () => {
    const message = await acceptedMessage();
    const second = { ...message, attempt: 2 };
    const odd = { text: awkwardText, nested: [{ [awkwardText]: awkwardText }], none: null, number: 1 / 3 };

    await store.apply([logged(second, [lineAt(30, 1), lineAt(30, 2, { level: 'error', fields: odd })])]);
    await store.apply([logged(message, [lineAt(10, 1), lineAt(20, 2, { message: awkwardText })])]);
    await store.apply([{ ...logged(message, [lineAt(5, 1)]), generation: 1 }]);

    const lines = await reader.logLines(message.id);
    expect(lines.map(({ generation, attempt, at, number }) => [generation, attempt, at, number])).toEqual([
      [0, 1, 10, 1],
      [0, 1, 20, 2],
      [0, 2, 30, 1],
      [0, 2, 30, 2],
      [1, 1, 5, 1],
    ]);
    expect(lines[0]).toEqual({ generation: 0, attempt: 1, ...lineAt(10, 1) });
    expect(lines[1]?.message).toMatch(/^before.*✗ after$/su);
    expect(lines[3]).toMatchObject({ level: 'error', fields: { none: null, number: 1 / 3 } });
    expect(await reader.logLines('unknown')).toEqual([]);
  });

  test('a line that comes again, in whatever order, is there once, and neither lines nor late progress move the job', async () => {
    const message = await acceptedMessage();
    const begun = started(message);
    const events = [1, 2, 3, 4].flatMap((number): RecordableEvent[] => [
      logged(message, [lineAt(number, number), lineAt(number, number + 4)]),
      progressOf(message, { at: begun.at - number, progress: number / 4, text: `part ${number}` }),
    ]);
    await store.apply([succeeded(message)]);
    const before = await store.get(message.id);

    for (const order of [events, [...events].reverse(), [...events, ...events]])
      for (const event of order) await store.apply([event]);
    await store.apply([...events, ...events]);

    const lines = await reader.logLines(message.id);
    expect(lines.map(({ number }) => number)).toEqual([1, 5, 2, 6, 3, 7, 4, 8]);
    expect(await store.get(message.id)).toEqual(before);
  });

  test('lines enter a job that is not known, and the events that follow are applied as if they had come first', async () => {
    const [known, unknown] = [sampleMessage('logged'), sampleMessage('logged')];

    await store.apply([started(known), logged(known, [lineAt(1, 1)])]);
    await store.apply([logged(unknown, [lineAt(1, 1)])]);
    const entered = await store.get(unknown.id);
    await store.apply([started(unknown)]);

    expect(entered).toMatchObject({ state: 'queued', attempt: 0 });
    const record = (await store.get(known.id)) ?? expect.unreachable();
    expect(await store.get(unknown.id)).toEqual({ ...record, id: unknown.id });
    expect(await reader.logLines(unknown.id)).toHaveLength(1);
  });

  test('of too many lines of a job, the newest stay, over all attempts', async () => {
    const message = await acceptedMessage();
    const many = Array.from({ length: MAX_LOGGED_LINES }, (_, index) => lineAt(index, index + 1));

    await store.apply([logged(message, many), logged({ ...message, attempt: 2 }, many.slice(0, 50))]);
    await store.apply([logged(message, many)]);

    const lines = await reader.logLines(message.id);
    expect(lines).toHaveLength(MAX_LOGGED_LINES);
    expect(lines[0]).toMatchObject({ attempt: 1, number: 51 });
    expect(lines.at(-1)).toMatchObject({ attempt: 2, number: 50 });
  });

  test('of too many bytes of lines, the newest stay', async () => {
    const message = await acceptedMessage();
    const large = (number: number) =>
      lineAt(number, number, {
        message: 'é'.repeat(500),
        fields: { a: 'é'.repeat(500), b: 'é'.repeat(500) },
      });

    for (let number = 1; number <= 60; number += 1) await store.apply([logged(message, [large(number)])]);

    const lines = await reader.logLines(message.id);
    expect(lines.at(-1)).toMatchObject({ number: 60 });
    expect(lines.length).toBe(Math.floor(MAX_LOGGED_BYTES / Buffer.byteLength(bytesOf(large(1)))));
  });

  test('what a handler reported with its progress is kept exactly while the attempt runs, and of one moment one report', async () => {
    const message = await acceptedMessage();
    const { at } = started(message);
    const report = { at, progress: 1 / 3, done: 1 / 3, total: 1, text: awkwardText } as const;
    const [one, other] = [progressOf(message, report), progressOf(message, { ...report, text: 'another' })];

    await store.apply([one, other]);
    const first = await store.get(message.id);
    await store.apply([other, one]);
    await store.apply([{ ...started(message), at: at - 1 }]);
    const second = await store.get(message.id);
    const filter = { idPrefix: message.id };
    const { jobs } = await reader.list({ filter, order: 'newest-first', limit: 1 });
    await store.apply([progressOf(message, { at: at + 1, progress: 0.5 })]);
    const plain = await store.get(message.id);
    await store.apply([progressOf(message, { at: at + 2, progress: 0.6, text: 'last' }), succeeded(message)]);

    expect(first).toMatchObject({ progress: 1 / 3, progressDetails: { done: 1 / 3, total: 1 } });
    expect(second?.progressDetails).toEqual(first?.progressDetails);
    expect(jobs).toMatchObject([{ progress: 1 / 3, progressDetails: second?.progressDetails }]);
    expect(plain).toMatchObject({ progress: 0.5 });
    expect(plain).not.toHaveProperty('progressDetails');
    expect(await store.get(message.id)).not.toHaveProperty('progressDetails');
  });

  test('an attempt has the host of its worker, and how long it waited: since it was accepted, or due', async () => {
    const message = await acceptedMessage();
    const { workerId, ...base } = started(message);
    const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
    const at = message.createdAt;
    await store.apply([{ ...started(message), at: at + 250, host: 'one' }]);
    await store.apply([
      { ...base, type: 'retried', failure, delayMs: 1_000, startedAt: at + 250, at: at + 300 },
    ]);

    await store.apply([
      { ...succeeded({ ...message, attempt: 2 }), workerId: 'w2', host: 'two', startedAt: at + 1_350 },
    ]);

    const { attempts } = (await reader.get(message.id)) ?? expect.unreachable();
    expect(attempts).toMatchObject([
      { attempt: 1, workerId, host: 'one', queueWaitMs: 250, outcome: 'retrying' },
      { attempt: 2, workerId: 'w2', host: 'two', queueWaitMs: 50, outcome: 'succeeded' },
    ]);
  });
}

function lineAt(at: number, number: number, over: Partial<LoggedLine> = {}): LoggedLine {
  return { number, at, level: 'info', message: `line ${number}`, ...over };
}

function bytesOf({ message, fields }: LoggedLine): string {
  return `${message}${JSON.stringify(fields)}`;
}

function logged(message: JobMessage, lines: readonly LoggedLine[]): LoggedEvent {
  return { ...started(message), type: 'logged', bestEffort: true, lines };
}

function progressOf(message: JobMessage, over: Partial<ProgressEvent>): ProgressEvent {
  return { ...started(message), type: 'progress', progress: 0, ...over };
}
