import { type JobMessage, runKey } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import type { Passage } from '../publish/passage.ts';
import { createSettlements, type Hold } from './settlements.ts';

const message: JobMessage = {
  version: 1,
  id: '01900000-0000-7000-8000-000000000000',
  kind: 'a.b',
  queue: 'q',
  priority: 'normal',
  attempt: 1,
  createdAt: 0,
  heldMs: 0,
  crashes: 0,
  snoozes: 0,
  generation: 0,
  body: new Uint8Array(),
  headers: {},
};
const key = runKey(message);
const run = { queue: 'q', key };
const retry = {
  successor: { kind: 'requeue', message: { ...message, attempt: 2 }, delayMs: 0 },
  events: [],
} as const;

/** Settlements whose messages are confirmed, or not, when the test says so. */
function makeBench() {
  const asked: string[] = [];
  const answers: { readonly confirm: () => void; readonly fail: () => void }[] = [];
  const passage = (what: string): Passage => ({
    confirmed() {
      asked.push(what);
      return new Promise((resolve, reject) =>
        answers.push({ confirm: resolve, fail: () => reject(new Error('not in time')) }),
      );
    },
  });
  let made = 0;
  const numbered = (what: string) => {
    made += 1;
    return passage(`${what} ${made}`);
  };
  const settlements = createSettlements({
    jobs: { send: () => numbered('successor'), bury: () => numbered('dead letter') },
    events: { emit: () => numbered('events') },
    clock: createManualClock(),
  });
  const log: string[] = [];
  const hold = (name: string): Hold => ({
    queue: 'q',
    key,
    noteDone: () => log.push(`done ${name}`),
    ack: () => log.push(`ack ${name}`),
    giveBack: () => log.push(`give back ${name}`),
  });
  return { settlements, asked, answers, log, hold };
}

test('a repetition asks for the same successor again: no second one is made', async () => {
  const { settlements, asked, answers, log, hold } = makeBench();
  const settlement = settlements.begin(hold('a'), retry);

  const first = settlement.proceed();
  answers[0]?.fail();
  await expect(first).rejects.toThrow('not in time');
  const second = settlement.proceed();
  answers[1]?.confirm();
  await second;

  expect(asked).toEqual(['successor 1', 'successor 1']);
  expect(log).toEqual(['done a', 'ack a']);
});

test('the events follow the successor, and a repetition does not go back behind what is durable', async () => {
  const { settlements, asked, answers, hold } = makeBench();
  const event = { type: 'handed-back', jobId: message.id } as never;
  const settlement = settlements.begin(hold('a'), { ...retry, events: [event] });

  const first = settlement.proceed();
  answers[0]?.confirm();
  await Promise.resolve();
  await Promise.resolve();
  answers[1]?.fail();
  await expect(first).rejects.toThrow();
  const second = settlement.proceed();
  answers[2]?.confirm();
  await second;

  expect(asked).toEqual(['successor 1', 'events 2', 'events 2']);
});

test('a delivery that comes again while its settlement is under way is acknowledged with it', async () => {
  const { settlements, answers, log, hold } = makeBench();
  const settlement = settlements.begin(hold('a'), retry);
  const working = settlement.proceed();

  settlements.find(run)?.adopt(hold('again'));
  answers[0]?.confirm();
  await working;

  expect(log).toEqual(['done a', 'ack a', 'done again', 'ack again']);
  expect(settlements.find(run)).toBeUndefined();
});

test('a settlement that is given up between two calls gives back what it had adopted', async () => {
  const { settlements, answers, log, hold } = makeBench();
  const settlement = settlements.begin(hold('a'), retry);
  const working = settlement.proceed();
  settlements.find(run)?.adopt(hold('again'));
  settlement.release();
  const whileUnderWay = [...log];

  answers[0]?.fail();
  await expect(working).rejects.toThrow();
  settlement.release();
  await settlement.proceed();

  expect(whileUnderWay).toEqual([]);
  expect(log).toEqual(['give back a', 'give back again']);
  expect([settlements.find(run), settlements.isDone(run)]).toEqual([undefined, false]);
});

test('settlements are idle when each is done or given up', async () => {
  const { settlements, answers, hold } = makeBench();
  const settlement = settlements.begin(hold('a'), retry);
  let isIdle = false;
  const idle = settlements.idle().then(() => {
    isIdle = true;
  });
  const working = settlement.proceed();
  await Promise.resolve();
  const before = isIdle;

  answers[0]?.confirm();
  await working;
  await idle;

  expect([before, isIdle]).toEqual([false, true]);
});

test('a settlement that sends the same run for later has not ended it: what comes of that is no repetition', async () => {
  const { settlements, answers, log, hold } = makeBench();
  const later = {
    successor: { kind: 'requeue', message, delayMs: 5_000, isResent: true },
    events: [],
  } as const;
  const settlement = settlements.begin(hold('a'), later);

  const settled = settlement.proceed();
  expect(settlements.find(run)).toBeUndefined();
  answers[0]?.confirm();
  await settled;

  expect(log).toEqual(['ack a']);
});
