import {
  type Command,
  type ControlNotice,
  type Json,
  type LiveChannel,
  NOTHING_DECIDED,
  readControlNotice,
  type SeenWorker,
  silentLogger,
  VIEW_RUNS_OUT_MS,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { createConfirmations } from './confirmations.ts';

function workerOf(instanceId: string, ...queues: string[]): SeenWorker {
  const place = { host: 'h', pid: 1, version: '1', kinds: [], concurrency: 1, startedAt: 0, seenAt: 0 };
  return { instanceId, workerId: `worker ${instanceId}`, queues, ...place };
}

function setUp(seen: readonly SeenWorker[], isAnswered = true) {
  const clock = createManualClock();
  const line = { isUp: true };
  const notices: ControlNotice[] = [];
  let answer: (question: Json) => Promise<Json> = () => Promise.reject(new Error('nobody listens'));
  const live: Partial<LiveChannel> = {
    async broadcast(command: Command) {
      if (!line.isUp) throw new Error('the broker is away');
      const notice = readControlNotice(command);
      if (notice !== undefined) notices.push(notice);
    },
    async ask() {
      return isAnswered
        ? { kind: 'answered', answer: { ...NOTHING_DECIDED } as unknown as Json }
        : { kind: 'none' };
    },
    async answer(_address, onQuestion) {
      answer = onQuestion;
      return { stop: async () => undefined };
    },
  };
  const confirmations = createConfirmations({
    store: { workers: async () => seen },
    live: live as LiveChannel,
    id: 'id',
    clock,
    logger: silentLogger,
  });
  return {
    clock,
    line,
    notices,
    confirmations,
    reply: (instanceId: string, seq: number) => answer({ instanceId, seq }),
  };
}

test('the answer comes as soon as every worker of the queues has confirmed', async () => {
  const [one, two, other] = [workerOf('1', 'a'), workerOf('2', 'a', 'b'), workerOf('3', 'c')];
  const { clock, notices, confirmations, reply } = setUp([one, two, other]);

  const confirming = confirmations.confirm(7, ['a']);
  await clock.advance(10);
  await reply('1', 7);
  await reply('2', 9);

  expect(await confirming).toEqual({ confirmed: [one, two], silent: [], isControlAway: false });
  expect(notices).toEqual([{ seq: 7, queues: ['a'], replyTo: 'control.id' }]);
  expect(clock.pending()).toBe(0);
});

test('a worker that does not confirm is waited for until its view has run out, and named', async () => {
  const [one, two] = [workerOf('1', 'a'), workerOf('2', 'a')];
  const { clock, confirmations, reply } = setUp([one, two]);

  const confirming = confirmations.confirm(7, ['a']);
  await clock.advance(10);
  await reply('1', 7);
  await reply('2', 6);
  await clock.advance(VIEW_RUNS_OUT_MS);

  expect(await confirming).toEqual({ confirmed: [one], silent: [two], isControlAway: false });
});

test('without a broker the views run out all the same', async () => {
  const { clock, line, confirmations } = setUp([workerOf('1', 'a')]);
  line.isUp = false;

  const confirming = confirmations.confirm(7, ['a']);
  await clock.advance(VIEW_RUNS_OUT_MS);

  expect((await confirming).silent).toHaveLength(1);
});

test('without a worker of the queue nobody is waited for', async () => {
  const { notices, confirmations } = setUp([workerOf('1', 'b')]);

  expect(await confirmations.confirm(7, ['a'])).toEqual({ confirmed: [], silent: [], isControlAway: false });
  expect(notices).toEqual([]);
});

test('it is said that nobody answers workers', async () => {
  const { confirmations } = setUp([], false);

  expect(await confirmations.confirm(7, ['a'])).toMatchObject({ isControlAway: true });
});
