import { lagAfter } from '@leveret/core';
import { sampleMessage, succeeded } from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { openSqliteJobReader } from './job-reader.ts';

async function open() {
  const file = await freshFile();
  const opened = await openDatabase(file);
  const reader = await openSqliteJobReader({ file });
  onTestFinished(() => reader.close());
  onTestFinished(() => opened.broker.close(0));
  return { ...opened, reader };
}

test('events that wait in the file of the ledger say how far it is behind, also when no recorder was ever there', async () => {
  const { broker, reader } = await open();
  const event = { ...succeeded(sampleMessage('q')), at: Date.now() - 60_000 };
  expect(await reader.lag()).toEqual(lagAfter(undefined, 0));

  await broker.emit([event]);

  const { behindMs, isReported } = await reader.lag();
  expect(behindMs).toBeGreaterThanOrEqual(60_000);
  expect(behindMs).toBeLessThan(120_000);
  expect(isReported).toBe(false);
});

test('a ledger whose events wait in its own file is not behind when there is none, also after its recorder has stopped', async () => {
  const { broker, store, database, reader } = await open();
  const recording = await broker.recordEvents(async () => undefined, { ledgerId: await store.ledgerId() });
  // The recorder becomes the active one with its first question, which was asked before this one.
  await database.call('probe');
  await store.noteRecording({ at: 0, behindMs: 5_000 });
  const during = await reader.lag();
  await recording.stop();

  const afterwards = await reader.lag();
  await broker.emit([succeeded(sampleMessage('q'))]);

  expect([during, afterwards]).toEqual([
    { behindMs: 0, isReported: true },
    { behindMs: 0, isReported: false },
  ]);
  expect(await reader.lag()).toEqual({ behindMs: expect.any(Number), isReported: false });
});
