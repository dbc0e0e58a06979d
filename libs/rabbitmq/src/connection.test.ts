import { LeveretError, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import type { AmqpConnection } from './amqp.ts';
import { createConnection } from './connection.ts';

interface Try {
  readonly url: string;
  succeed(): { isClosed: boolean };
  fail(): void;
}

function makeBench(urls: readonly string[] = ['amqp://a']) {
  const clock = createManualClock();
  const tries: Try[] = [];
  const connection = createConnection({
    urls,
    purpose: 'test',
    clock,
    random: () => 0.5,
    logger: silentLogger,
    connect: (url) =>
      new Promise((resolve, reject) => {
        tries.push({
          url,
          fail: () => reject(new LeveretError('BROKER_UNAVAILABLE', `${url} is down`)),
          succeed() {
            const made = { isClosed: false };
            const close = () => {
              made.isClosed = true;
              return Promise.resolve();
            };
            resolve({
              lost: new Promise(() => undefined),
              blocked: () => undefined,
              close,
            } as unknown as AmqpConnection);
            return made;
          },
        });
      }),
  });
  return { clock, connection, tries };
}

test('a connection that is made after it was closed for good is closed at once', async () => {
  const { clock, connection, tries } = makeBench();
  const opened = connection.open();
  opened.catch(() => undefined);

  const closed = connection.close();
  await clock.advance(2_000);
  await closed;
  const late = tries[0]?.succeed();
  await clock.advance(0);

  await expect(opened).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  expect(late?.isClosed).toBe(true);
  expect(connection.current()).toBeUndefined();
});

test('closing waits two seconds for a try that is under way, tries no further broker, and a second caller waits too', async () => {
  const { clock, connection, tries } = makeBench(['amqp://a', 'amqp://b']);
  connection.open().catch(() => undefined);
  const ended: string[] = [];

  const closed = ['first', 'second'].map(async (caller) => {
    await connection.close();
    ended.push(caller);
  });
  await clock.advance(1_999);
  const before = [...ended];
  await clock.advance(1);
  tries[0]?.fail();
  await Promise.all(closed);

  expect(before).toEqual([]);
  expect(ended).toEqual(['first', 'second']);
  expect(tries.length).toBe(1);
});

test('whoever waits for a connection is told when it is closed for good, or when they have had enough', async () => {
  const { clock, connection } = makeBench();
  const enough = new AbortController();
  const impatient = connection.whenUp(enough.signal);
  const patient = connection.whenUp();
  for (const waiting of [impatient, patient]) waiting.catch(() => undefined);

  enough.abort();
  await expect(impatient).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  const closed = connection.close();
  await clock.advance(2_000);
  await closed;

  await expect(patient).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  await expect(connection.whenUp()).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
});
