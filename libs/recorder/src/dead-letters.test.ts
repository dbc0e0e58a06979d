import {
  type Broker,
  type DeadLetter,
  type DeadLetterAnswer,
  encodePayload,
  type JobMessage,
  type JobRecord,
  LeveretError,
  type Logger,
  silentLogger,
  type UnfitMessage,
  type UnroutableMessage,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { moveDeadLetters } from './dead-letters.ts';
import { createLedgerWrites } from './ledger-writes.ts';

const NOW = 1_700_000_000_000;
const LEDGER = 'd0c5f1de-7ad6-4b5c-8a51-1c4a9a3c3b1e';

/** Dead letters on their way between a broker that a test hands them through, and a ledger that does as a test says. */
function setUp() {
  const clock = createManualClock(NOW);
  const stopping = new AbortController();
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (_fields, message) => void lines.push(message),
    error: (fields, message) => void lines.push(`${message}: ${fields['reason']}`),
  };
  const takers = new Map<
    string,
    { hand: (letters: readonly DeadLetter[]) => Promise<void>; ledgerId: unknown }
  >();
  const unroutable: { hand?: (messages: readonly UnroutableMessage[]) => Promise<void>; ledgerId?: unknown } =
    {};
  const broker: Pick<Broker, 'takeDeadLetters' | 'takeUnroutable'> = {
    async takeUnroutable(hand, { ledgerId } = {}) {
      Object.assign(unroutable, { hand, ledgerId });
      return { stop: async () => void delete unroutable.hand };
    },
    async takeDeadLetters(queue, hand, { ledgerId } = {}) {
      takers.set(queue, { hand, ledgerId });
      return { stop: async () => void takers.delete(queue) };
    },
  };
  const ledger = {
    queues: ['mail'] as readonly string[],
    known: new Map<string, JobRecord>(),
    kept: [] as string[],
    setAside: [] as UnfitMessage[],
    answer: (_letter: DeadLetter): DeadLetterAnswer | Error => 'kept',
    mayKeepAside: true,
  };
  const store: Parameters<typeof moveDeadLetters>[0]['store'] = {
    get: async (id) => ledger.known.get(id),
    ledgerId: async () => LEDGER,
    queues: async () => ledger.queues,
    async keepDeadLetters(letters) {
      const answers = letters.map(ledger.answer);
      for (const answer of answers) if (answer instanceof Error) throw answer;
      ledger.kept.push(...letters.map(({ message }) => message.id));
      return answers as readonly DeadLetterAnswer[];
    },
    setAside: {
      async keep(messages) {
        if (!ledger.mayKeepAside) throw new LeveretError('ENTRY_REFUSED', 'a fault');
        ledger.setAside.push(...messages);
      },
    },
  };
  const writes = createLedgerWrites({ clock, logger, signal: stopping.signal });
  const ended = moveDeadLetters({ broker, store, writes, clock, logger, signal: stopping.signal });
  const hand = (...letters: readonly DeadLetter[]) =>
    takers.get('mail')?.hand(letters) ?? Promise.reject(new Error('nobody takes'));
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  return { clock, lines, takers, unroutable, ledger, hand, stop };
}

function letterOf(id: string, over: Partial<JobMessage> = {}, rest: Partial<DeadLetter> = {}): DeadLetter {
  const message: JobMessage = {
    version: 1,
    id,
    kind: 'mail.send',
    queue: 'mail',
    priority: 'normal',
    attempt: 1,
    createdAt: 1,
    heldMs: 0,
    crashes: 0,
    snoozes: 0,
    generation: 0,
    body: encodePayload('work'),
    headers: {},
    ...over,
  };
  const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
  return { message, failure, properties: `{"id":"${id}"}`, isReturned: false, ...rest };
}

test('dead letters of every queue that the ledger has met are taken, of new ones soon, for this ledger', async () => {
  const { clock, takers, ledger, stop } = setUp();
  await clock.advance(0);
  expect([...takers.keys()]).toEqual(['mail']);

  ledger.queues = ['mail', 'video'];
  await clock.advance(5_000);

  expect([...takers].map(([queue, { ledgerId }]) => [queue, ledgerId])).toEqual([
    ['mail', LEDGER],
    ['video', LEDGER],
  ]);
  await stop();
  expect(takers.size).toBe(0);
});

test('jobs are kept in the ledger', async () => {
  const { clock, ledger, hand, stop } = setUp();
  await clock.advance(0);

  await hand(letterOf('a'), letterOf('b'));

  expect([ledger.kept, ledger.setAside]).toEqual([['a', 'b'], []]);
  await stop();
});

test.each<[string, Partial<JobMessage>, Partial<DeadLetter>, string]>([
  ['a defect', {}, { defect: 'property type is missing' }, 'property type is missing'],
  [
    'a message that a worker could not read',
    {},
    { failure: { code: 'MESSAGE_UNDECODABLE', message: 'property message-id is missing' } },
    'property message-id is missing',
  ],
  ['a newer version', { version: 2 }, {}, 'version 2'],
  ['a body that is not JSON', { body: Uint8Array.of(0xff) }, {}, 'its payload is not JSON'],
  [
    'a body that is nested too deep',
    { body: new TextEncoder().encode(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) },
    {},
    'nested deeper than',
  ],
])('%s is set aside as it came, and its neighbours are kept', async (_, over, rest, reason) => {
  const { clock, ledger, lines, hand, stop } = setUp();
  await clock.advance(0);
  const unfit = letterOf('bad', over, rest);

  await hand(letterOf('a'), unfit, letterOf('b'));

  expect(ledger.kept).toEqual(['a', 'b']);
  expect(ledger.setAside).toEqual([
    {
      queue: 'mail',
      reason: expect.stringContaining(reason),
      properties: unfit.properties,
      body: unfit.message.body,
      at: NOW,
      isReturned: false,
    },
  ]);
  expect(lines).toEqual([expect.stringContaining(reason)]);
  await stop();
});

test('a dead letter that the ledger refuses alone is set aside and blocks no other, and so is one of another job with its id', async () => {
  const { clock, ledger, hand, stop } = setUp();
  await clock.advance(0);
  ledger.answer = ({ message: { id } }) =>
    id === 'poison' ? new LeveretError('ENTRY_REFUSED', 'bad') : id === 'other' ? 'conflict' : 'kept';

  await hand(...['a', 'b', 'poison', 'c', 'other', 'd'].map((id) => letterOf(id)));

  expect(ledger.setAside.map(({ properties, reason }) => [properties, reason])).toEqual([
    ['{"id":"other"}', expect.stringContaining('another job with the id other')],
    ['{"id":"poison"}', 'bad'],
  ]);
  expect(ledger.kept).toEqual(['a', 'b', 'c', 'other', 'd']);
  await stop();
});

test('while the ledger is away, or can set nothing aside, the batch waits', async () => {
  const { clock, ledger, hand, stop } = setUp();
  await clock.advance(0);
  ledger.answer = () => new LeveretError('STORE_UNAVAILABLE', 'away');
  ledger.mayKeepAside = false;
  let isDone = false;
  const batch = hand(letterOf('a'), letterOf('b', { body: new Uint8Array() })).then(() => {
    isDone = true;
  });
  await clock.advance(60_000);
  ledger.answer = () => 'kept';
  await clock.advance(60_000);
  expect([ledger.kept, isDone]).toEqual([['a'], false]);

  ledger.mayKeepAside = true;
  await clock.advance(5_000);
  await batch;

  expect(ledger.setAside).toHaveLength(1);
  await stop();
});

test('a batch that a stop cuts off is not acknowledged', async () => {
  const { clock, ledger, hand, stop } = setUp();
  await clock.advance(0);
  ledger.answer = () => new LeveretError('STORE_UNAVAILABLE', 'away');
  const batch = expect(hand(letterOf('a'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await clock.advance(50);

  await stop();

  await batch;
});

test('messages that the broker could not route are set aside, also of queues that the ledger has not met', async () => {
  const { clock, lines, unroutable, ledger, stop } = setUp();
  await clock.advance(0);
  ledger.mayKeepAside = false;
  const messages = ['mail', 'video', 'mail'].map((queue, index): UnroutableMessage => {
    const body = Uint8Array.of(index);
    return { queue, reason: 'a binding was missing', properties: `{"id":${index}}`, body, isReturned: false };
  });

  const batch = unroutable.hand?.(messages);
  await clock.advance(1_000);
  expect(ledger.setAside).toEqual([]);
  ledger.mayKeepAside = true;
  await clock.advance(5_000);
  await batch;

  expect(ledger.setAside).toEqual(messages.map((message) => ({ ...message, at: NOW })));
  expect(ledger.kept).toEqual([]);
  expect(lines.filter((line) => line.includes('a binding was missing'))).toHaveLength(2);
  expect(unroutable.ledgerId).toBe(LEDGER);
  await stop();
  expect(unroutable.hand).toBeUndefined();
});

test('an unroutable job becomes dead when the ledger could not send it again, and else is set aside', async () => {
  const { clock, unroutable, ledger, stop } = setUp();
  await clock.advance(0);
  const record = (id: string, known: Partial<JobRecord>) =>
    ledger.known.set(id, { ...known, id } as unknown as JobRecord);
  const job = { kind: 'mail.send', queue: 'mail' };
  record('sent', { ...job, state: 'scheduled', payload: 'work' });
  record('bare', { ...job, state: 'running' });
  record('over', { ...job, state: 'succeeded' });
  record('other', { ...job, kind: 'video', state: 'queued', payload: 'work' });
  const sent = letterOf('sent', { generation: 2, attempt: 3, crashes: 1 });
  const letters = [letterOf('unknown'), sent, letterOf('bare'), letterOf('over'), letterOf('other')];
  const broken = letterOf('broken', { body: Uint8Array.of(1) });
  const messages = [...letters, broken].map((letter): UnroutableMessage => {
    const { queue, body, id } = letter.message;
    return { queue, reason: 'no binding', properties: id, body, isReturned: false, letter };
  });

  await unroutable.hand?.(messages);
  await stop();

  expect(ledger.kept).toEqual(['unknown', 'bare']);
  expect(ledger.setAside.map(({ properties }) => properties)).toEqual(['sent', 'over', 'other', 'broken']);
  expect(ledger.setAside.map(({ unroutable }) => unroutable)).toEqual([
    { jobId: 'sent', generation: 2, attempt: 3, run: 1 },
    { jobId: 'over', generation: 0, attempt: 1, run: 0 },
    undefined,
    undefined,
  ]);
  expect(ledger.setAside[0]).not.toHaveProperty('letter');
});
