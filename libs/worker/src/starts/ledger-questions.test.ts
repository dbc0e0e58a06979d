import { type AttemptLedger, LeveretError, type StartAnswer, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createLedgerQuestions } from './ledger-questions.ts';

const request = { queue: 'q', jobId: 'a', attempt: 1, instanceId: 'w', returnCount: 1, isApart: false };
const granted: StartAnswer = { kind: 'granted', openStarts: 0, newestAgeMs: 0 };

/** A ledger that does as the test says, and what it was asked. */
function setUp(begin: AttemptLedger['begin']) {
  const clock = createManualClock();
  const sizes: number[] = [];
  const ledger: AttemptLedger = {
    begin(requests) {
      sizes.push(requests.length);
      return begin(requests);
    },
    noteEnds: async () => undefined,
  };
  const questions = createLedgerQuestions({ ledger, clock, logger: silentLogger });
  /** Asks, and lets the question leave. */
  async function ask() {
    const answer = questions.ask(request);
    await new Promise((resolve) => setImmediate(resolve));
    return { answer };
  }
  /** Asks a ledger that hangs. */
  async function askInVain() {
    const { answer } = await ask();
    await clock.advance(2_000);
    return await answer;
  }
  return { questions, clock, sizes, ask, askInVain };
}

test('what is asked in one turn of the event loop is one question', async () => {
  const { questions, sizes } = setUp(async (requests) => requests.map(() => granted));

  const answers = await Promise.all([questions.ask(request), questions.ask(request), questions.ask(request)]);

  expect(answers).toEqual([granted, granted, granted]);
  expect(sizes).toEqual([3]);
});

test('what is asked in advance leaves after the answer to what is waited for', async () => {
  let answerFirst: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    answerFirst = resolve;
  });
  const { sizes, questions, ask } = setUp(async (requests) => {
    if (sizes.length === 1) await first;
    return requests.map(() => granted);
  });

  const ahead = [questions.ask({ ...request, isAhead: true }), questions.ask({ ...request, isAhead: true })];
  const { answer } = await ask();
  expect(sizes).toEqual([1]);
  answerFirst();

  expect(await Promise.all([answer, ...ahead])).toEqual([granted, granted, granted]);
  expect(sizes).toEqual([1, 2]);
});

test('after a late answer the ledger is asked again, and what it answers counts', async () => {
  let isLate = true;
  const { ask, askInVain } = setUp((requests) =>
    isLate ? new Promise(() => undefined) : Promise.resolve(requests.map(() => granted)),
  );

  expect(await askInVain()).toEqual({ kind: 'late' });
  isLate = false;

  expect(await (await ask()).answer).toEqual(granted);
});

test('a ledger of another process that is late is late here', async () => {
  const { ask } = setUp(async (requests) => requests.map(() => ({ kind: 'late' })));

  expect(await (await ask()).answer).toEqual({ kind: 'late' });
});

test('a ledger that is late for a minute is away, and is asked again every five seconds', async () => {
  const { clock, sizes, ask, askInVain } = setUp(() => new Promise(() => undefined));
  await askInVain();
  await clock.advance(58_000);

  expect(await askInVain()).toBeUndefined();
  const asked = sizes.length;
  expect(await (await ask()).answer).toBeUndefined();
  expect(sizes.length).toBe(asked);
  await clock.advance(5_000);

  expect(await askInVain()).toBeUndefined();
  expect(sizes.length).toBe(asked + 1);
});

test('where no process answers, that is known at once, and each question is asked', async () => {
  const { sizes, ask } = setUp(() => Promise.reject(new LeveretError('STORE_UNAVAILABLE', 'nobody')));

  expect(await (await ask()).answer).toBeUndefined();
  expect(await (await ask()).answer).toBeUndefined();
  expect(sizes).toEqual([1, 1]);
});
