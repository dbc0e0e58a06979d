import { getEventListeners } from 'node:events';
import { LeveretError } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { keepLines } from '../../fixtures/log-lines.ts';
import type { AmqpConnection } from './amqp.ts';
import { createConnection } from './connection.ts';

interface Try {
  readonly url: string;
  succeed(): { isClosed: boolean; lose(): void };
  fail(code?: 'BROKER_UNAVAILABLE' | 'BROKER_REFUSED'): void;
  /** The broker stops, or with undefined begins, to take messages. */
  block(reason: string | undefined): void;
}

function makeBench(urls: readonly string[] = ['amqp://a']) {
  const clock = createManualClock();
  const tries: Try[] = [];
  const { logger, lines } = keepLines();
  const connection = createConnection({
    urls,
    purpose: 'publishing',
    clock,
    random: () => 0.5,
    logger,
    connect: (url, { onBlocked = () => undefined }) =>
      new Promise((resolve, reject) => {
        tries.push({
          url,
          block: onBlocked,
          fail: (code = 'BROKER_UNAVAILABLE') => reject(new LeveretError(code, `${url}: ${code}`)),
          succeed() {
            let lose: (reason: string) => void = () => undefined;
            const lost = new Promise<string>((resolveLost) => {
              lose = resolveLost;
            });
            const made = { isClosed: false, lose: () => lose('gone') };
            const close = () => {
              made.isClosed = true;
              return Promise.resolve();
            };
            resolve({
              lost,
              blocked: () => undefined,
              close,
            } as unknown as AmqpConnection);
            return made;
          },
        });
      }),
  });
  return { clock, connection, tries, lines };
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

test('of several brokers each is tried at once when the one before does not answer, and all of them before any pause', async () => {
  const { connection, clock, tries } = makeBench(['amqp://a', 'amqp://b', 'amqp://c']);
  const opened = connection.open();

  for (let count = 0; count < 3; count += 1) {
    await clock.advance(0);
    if (count < 2) tries[count]?.fail();
    else tries[count]?.succeed();
  }
  await opened;

  expect(tries.map(({ url }) => url).sort()).toEqual(['amqp://a', 'amqp://b', 'amqp://c']);
  expect(connection.status()).toEqual({ state: 'up' });
});

test('the log tells of each change once, however many tries it takes', async () => {
  const { connection, clock, tries, lines } = makeBench();
  const opened = connection.open();
  const made = tries[0]?.succeed();
  await opened;

  made?.lose();
  for (const code of ['BROKER_UNAVAILABLE', 'BROKER_REFUSED'] as const) {
    for (let count = 0; count < 20; count += 1) {
      await clock.advance(5_000);
      tries.at(-1)?.fail(code);
    }
  }
  await clock.advance(5_000);
  const whileRefused = connection.status();
  tries.at(-1)?.succeed();
  await clock.advance(0);

  expect(whileRefused).toEqual({
    state: 'down',
    code: 'BROKER_REFUSED',
    reason: 'amqp://a: BROKER_REFUSED',
  });
  expect(lines).toEqual([
    'lost the connection to the broker',
    'the broker refuses the connection: will try until somebody changes that',
    'connected to the broker again',
  ]);
});

test('tries are seconds apart, also when each is refused', async () => {
  const { connection, clock, tries } = makeBench();
  const opened = connection.open();
  const made = tries[0]?.succeed();
  await opened;
  made?.lose();

  for (let second = 0; second < 60; second += 1) {
    await clock.advance(1_000);
    tries.at(-1)?.fail('BROKER_REFUSED');
  }

  expect(tries.length).toBeGreaterThan(10);
  expect(tries.length).toBeLessThan(30);
});

test('that the broker takes no messages is logged once, and once that it takes them again', async () => {
  const { connection, tries, lines } = makeBench();
  const opened = connection.open();
  tries[0]?.succeed();
  await opened;

  tries[0]?.block('low on memory');
  tries[0]?.block('low on memory and disk');
  tries[0]?.block(undefined);

  expect(lines).toEqual(['the broker takes no messages', 'the broker takes messages again']);
});

test('whoever waited for a connection leaves no listener behind', async () => {
  const { connection, clock, tries } = makeBench();
  const { signal } = new AbortController();
  const waiting = Array.from({ length: 10 }, () => connection.whenUp(signal));
  const opened = connection.open();
  const during = getEventListeners(signal, 'abort').length;

  tries[0]?.succeed();
  await opened;
  await Promise.all(waiting);
  const afterwards = getEventListeners(signal, 'abort').length;
  const closed = connection.close();
  await clock.advance(2_000);
  await closed;

  expect([during, afterwards]).toEqual([10, 0]);
});
