import { type DeadLetter, type Delivery, HISTORY_HEADER, REPEATED_HEADER } from '@leveret/core';
import { createInbox, sampleMessage } from '@leveret/testing';
import { expect, onTestFinished, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { openConnection } from '../file/libsql.ts';

const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;

/** A broker and a ledger on one file, and a way to dead-letter a message there. */
async function setUp() {
  const file = await freshFile();
  const opened = await openDatabase(file);
  onTestFinished(() => opened.broker.close(0));
  const deliveries = createInbox<Delivery>();
  await opened.broker.consume('q', { prefetch: 1, onDelivery: deliveries.put });
  return {
    file,
    ...opened,
    async deadLetter(message: ReturnType<typeof sampleMessage>) {
      await opened.broker.publish([{ message, delayMs: 0 }]);
      const { settle } = await deliveries.next();
      await settle({ successor: { kind: 'dead-letter', message, failure }, events: [] });
    },
  };
}

test('a payload moves into the ledger byte for byte, and headers without what the job failed of before', async () => {
  const { file, broker, store, deadLetter } = await setUp();
  const body = '{ "amount": 12345678901234567890, "b": 1.50 }';
  const headers = { tenant: 'a', [HISTORY_HEADER]: '[]', [REPEATED_HEADER]: '1' };
  const moved = createInbox<readonly DeadLetter[]>();
  await broker.takeDeadLetters('q', async (letters) => {
    await store.keepDeadLetters(letters, 1);
    moved.put(letters);
  });

  await deadLetter({ ...sampleMessage('q'), headers, body: new TextEncoder().encode(body) });
  await moved.next();

  const connection = openConnection(file);
  const [row] = connection.prepare('SELECT payload, headers FROM job_body').all();
  connection.close();
  expect(String(Buffer.from(row?.[0] as Uint8Array))).toBe(body);
  expect(row?.[1]).toBe('{"tenant":"a"}');
});

test('dead letters of another process of the file are found', async () => {
  const { file, deadLetter } = await setUp();
  const other = await openDatabase(file);
  onTestFinished(() => other.broker.close(0));
  const letters = createInbox<DeadLetter>();
  await other.broker.takeDeadLetters('q', async (batch) => batch.forEach(letters.put));
  const message = sampleMessage('q');

  await deadLetter(message);

  expect(await letters.next()).toMatchObject({ message: { id: message.id }, failure });
});

test('many large dead letters come in batches that can be borne', async () => {
  const { broker, deadLetter } = await setUp();
  const message = { ...sampleMessage('q'), body: new Uint8Array(200_000) };
  for (let count = 0; count < 5; count += 1) await deadLetter(message);
  const sizes = createInbox<number>();

  await broker.takeDeadLetters('q', async ({ length }) => sizes.put(length));

  expect(await sizes.take(3)).toEqual([2, 2, 1]);
});
