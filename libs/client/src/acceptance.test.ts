import { type AcceptAnswer, LeveretError } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { anyJob, createBrokerDouble, createLines, createStoreDouble, idOf } from '../fixtures/doubles.ts';
import { createJobClient } from './job-client.ts';

/** A client with a ledger. What `enqueue` came to is told with how long it took by the clock. */
function setUp() {
  const clock = createManualClock();
  const broker = createBrokerDouble();
  const store = createStoreDouble();
  const { logger, lines } = createLines();
  const client = createJobClient({ broker: broker.broker, store: store.store, clock, logger });
  const enqueue = async () => {
    const beganAt = clock.monotonic();
    const came = await client.enqueue(anyJob, 1).then(
      () => 'accepted',
      (error: { readonly code: string; readonly message: string }) => `${error.code} ${error.message}`,
    );
    return { came, tookMs: clock.monotonic() - beganAt };
  };
  return { clock, broker, store, lines, client, enqueue };
}

const away = () => Promise.reject(new Error('away'));
const hangs = undefined;

test('a job that both have is accepted at once, and noted as dispatched', async () => {
  const { clock, store, enqueue } = setUp();

  expect(await enqueue()).toEqual({ came: 'accepted', tookMs: 0 });
  await clock.advance(50);

  expect(store.dispatched.calls.map(({ argument }) => argument)).toEqual([[expect.any(String)]]);
});

test('a job that the ledger entered as dispatched is not noted once more', async () => {
  const { clock, store, client } = setUp();
  store.accepted.answer = async (entries) => entries.map(() => 'dispatched');

  expect(await client.enqueue(anyJob, 1)).toMatchObject({ isNew: true });
  await clock.advance(50);

  expect(store.dispatched.calls).toEqual([]);
});

test('a new job is published before it is entered: a ledger in the same file enters it as sent', async () => {
  const { broker, store, enqueue } = setUp();
  const calls: string[] = [];
  broker.published.answer = async () => {
    calls.push('publish');
  };
  store.accepted.answer = async () => {
    calls.push('accept');
    return ['new'];
  };

  await enqueue();

  expect(calls).toEqual(['publish', 'accept']);
});

test('a broker that is away costs an answer nothing when it fails at once', async () => {
  const { broker, store, clock, enqueue } = setUp();
  broker.published.answer = away;

  expect(await enqueue()).toEqual({ came: 'accepted', tookMs: 0 });
  await clock.advance(100);

  expect(store.dispatched.calls).toEqual([]);
  expect(broker.emitted.calls).toEqual([]);
});

test('the ledger is given the tags of a job and of its definition, by an event when it missed the job', async () => {
  const { broker, store, client } = setUp();
  const tagged = { ...anyJob, tags: ['eu'] };

  await client.enqueue(tagged, 1, { tags: ['vip', 'eu'] });
  await client.enqueueMany(anyJob, [1]);
  store.accepted.answer = away;
  await client.enqueue(tagged, 1);

  expect(store.accepted.calls.flatMap(({ argument }) => argument.map(({ tags }) => tags))).toEqual([
    ['eu', 'vip'],
    undefined,
    ['eu'],
  ]);
  expect(broker.emitted.calls[0]?.argument).toMatchObject([{ type: 'accepted', tags: ['eu'] }]);
});

test('the parent of a job is named by its message, and by an event when the ledger missed the job', async () => {
  const { broker, store, client } = setUp();
  const parentId = '0198c0de-1111-7222-8333-0123456789ab';
  const options = { parentId, headers: { traceparent: 't' } };

  await client.enqueue(anyJob, 1, options);
  store.accepted.answer = away;
  await client.enqueue(anyJob, 1, options);

  const sent = store.accepted.calls.flatMap(({ argument }) => argument.map(({ outgoing }) => outgoing));
  expect(sent.map(({ message }) => message.headers)).toEqual([
    { traceparent: 't', 'leveret-parent': parentId },
    { traceparent: 't', 'leveret-parent': parentId },
  ]);
  expect(broker.emitted.calls[0]?.argument).toMatchObject([
    { type: 'accepted', parentId, headers: { traceparent: 't' } },
  ]);
  expect(broker.emitted.calls[0]?.argument).not.toMatchObject([
    { headers: { 'leveret-parent': expect.anything() } },
  ]);
});

test('the ledger is given the history policy, the redacted paths and the files of a job, by an event when it missed the job', async () => {
  const { broker, store, client } = setUp();
  const discreet = {
    ...anyJob,
    history: 'failed',
    redact: ['card.number'],
    blobs: (_payload: unknown, jobId: string) => [`cards/${jobId}/`],
  } as const;

  await client.enqueue(discreet, 1);
  await client.enqueue(anyJob, 1);
  store.accepted.answer = away;
  await client.enqueue(discreet, 1);

  const [given, usual] = store.accepted.calls.flatMap(({ argument }) => argument);
  const blobs = [`cards/${given?.outgoing.message.id}/`];
  expect(given).toMatchObject({ history: 'failed', redact: ['card.number'], blobs });
  expect(usual).not.toHaveProperty('history');
  expect(usual).not.toHaveProperty('redact');
  expect(usual).not.toHaveProperty('blobs');
  expect(broker.emitted.calls[0]?.argument).toMatchObject([
    {
      type: 'accepted',
      history: 'failed',
      redact: ['card.number'],
      blobs: [expect.stringMatching(/^cards\/.{36}\/$/)],
    },
  ]);
});

test('what the ledger missed is told by an event before the answer', async () => {
  const { broker, store, clock, enqueue } = setUp();
  store.accepted.answer = away;
  broker.emitted.answer = hangs;
  const answered = enqueue();
  await clock.advance(700);

  const [{ argument, confirm } = expect.unreachable()] = broker.emitted.calls;
  expect(argument).toMatchObject([{ type: 'accepted', payload: 1, delayMs: 0 }]);
  confirm();

  expect(await answered).toEqual({ came: 'accepted', tookMs: 700 });
});

test('a job that neither has is refused with a reason', async () => {
  const { broker, store, clock, enqueue } = setUp();
  broker.published.answer = hangs;
  store.accepted.answer = () => Promise.reject(new Error('disk gone'));
  const answered = enqueue();
  await clock.advance(30);
  broker.published.calls[0]?.fail(new Error('link cut'));

  expect((await answered).came).toBe(
    'ENQUEUE_UNAVAILABLE the job could not be stored, it may exist all the same: disk gone',
  );
});

test('no answer takes over 2.5 s, whatever hangs', async () => {
  const { broker, store, clock, enqueue } = setUp();
  broker.published.answer = hangs;
  store.accepted.answer = hangs;
  const answered = enqueue();
  await clock.advance(2_500);

  expect(await answered).toMatchObject({
    came: expect.stringContaining('ENQUEUE_UNAVAILABLE'),
    tookMs: 2_500,
  });
});

test('the deadline is one for all: a late confirm leaves the event what is left of it', async () => {
  const { broker, store, clock, lines, enqueue } = setUp();
  broker.published.answer = hangs;
  store.accepted.answer = hangs;
  broker.emitted.answer = hangs;
  const answered = enqueue();
  await clock.advance(1_900);
  broker.published.calls[0]?.confirm();
  await clock.advance(600);

  expect(await answered).toEqual({ came: 'accepted', tookMs: 2_500 });
  expect(lines.join()).toContain('accepted jobs are not in the ledger yet');
});

test('the other store gets 100 ms more, and nothing while it is known to be away', async () => {
  const { broker, store, clock, enqueue } = setUp();
  store.accepted.answer = hangs;
  const first = enqueue();
  await clock.advance(100);
  expect(await first).toEqual({ came: 'accepted', tookMs: 100 });

  store.line.isUp = false;
  const second = enqueue();
  await clock.advance(0);

  expect(await second).toEqual({ came: 'accepted', tookMs: 0 });
  expect(broker.emitted.calls).toHaveLength(2);
});

test('a ledger that hangs costs one answer its 100 ms, and the others nothing until it has answered again', async () => {
  const { store, clock, enqueue } = setUp();
  store.accepted.answer = hangs;
  const first = enqueue();
  await clock.advance(100);
  expect(await first).toEqual({ came: 'accepted', tookMs: 100 });
  const second = enqueue();
  await clock.advance(0);
  expect(await second).toEqual({ came: 'accepted', tookMs: 0 });

  for (const { confirm } of store.accepted.calls) confirm(['new']);
  await clock.advance(0);
  const third = enqueue();
  await clock.advance(40);
  store.accepted.calls.at(-1)?.confirm(['new']);

  expect(await third).toEqual({ came: 'accepted', tookMs: 40 });
});

test('a job that the ledger has is accepted, however long the broker takes', async () => {
  const { broker, clock, client, enqueue } = setUp();
  broker.published.answer = hangs;

  expect(await enqueue()).toEqual({ came: 'accepted', tookMs: 0 });
  expect(await client.enqueue(anyJob, 1, { id: idOf(1) })).toEqual({ id: idOf(1), isNew: true });
  expect(clock.monotonic()).toBe(0);
  expect(broker.published.calls).toHaveLength(2);
});

test('jobs stay in flight until the broker has answered, or for 100 ms: others wait for their turn', async () => {
  const { broker, clock, client, enqueue } = setUp();
  broker.published.answer = hangs;
  await client.enqueueMany(anyJob, Array(1_000).fill(1));
  const next = enqueue();
  await clock.advance(99);
  expect(broker.published.calls).toHaveLength(1);

  await clock.advance(1);
  expect(await next).toEqual({ came: 'accepted', tookMs: 100 });

  const lot = client.enqueueMany(anyJob, Array(1_000).fill(1));
  await clock.advance(0);
  broker.published.calls.at(-1)?.confirm();
  await lot;
  expect(await enqueue()).toEqual({ came: 'accepted', tookMs: 0 });
});

test('while both are known to be away, the refusal takes 100 ms', async () => {
  const { broker, store, clock, enqueue } = setUp();
  broker.line.isUp = false;
  store.line.isUp = false;
  broker.published.answer = hangs;
  store.accepted.answer = hangs;
  const answered = enqueue();
  await clock.advance(100);

  expect((await answered).tookMs).toBe(100);
});

test('a confirm that comes after the answer still marks the job as dispatched', async () => {
  const { broker, store, clock, enqueue } = setUp();
  broker.published.answer = hangs;
  const answered = enqueue();
  await clock.advance(100);
  await answered;

  broker.published.calls[0]?.confirm();
  await clock.advance(50);

  expect(store.dispatched.calls).toHaveLength(1);
});

test('direct mode has the same deadline', async () => {
  const clock = createManualClock();
  const { broker, published } = createBrokerDouble();
  published.answer = hangs;
  const client = createJobClient({ broker, clock });
  const refused = expect(client.enqueue(anyJob, 1)).rejects.toMatchObject({ code: 'ENQUEUE_UNAVAILABLE' });

  await clock.advance(2_500);

  await refused;
});

const notStored = () =>
  Promise.reject(new LeveretError('BROKER_UNAVAILABLE', 'away', { details: { outcome: 'not-stored' } }));

test('a refusal says whether the job may exist', async () => {
  const { client, broker, store, clock } = setUp();
  const outcome = () => client.enqueue(anyJob, 1).catch((error: LeveretError) => error.details['outcome']);
  broker.published.answer = notStored;
  store.accepted.answer = notStored;
  expect(await outcome()).toBe('not-stored');

  store.accepted.answer = away;
  expect(await outcome()).toBe('unknown');

  broker.published.answer = hangs;
  const late = outcome();
  await clock.advance(2_500);
  expect(await late).toBe('unknown');
});

test('a job that was not published after all is left to the relay at once, and so is one whose outcome stays unknown', async () => {
  const { client, broker, store, clock } = setUp();
  broker.published.answer = notStored;
  const first = await client.enqueue(anyJob, 1);
  broker.published.answer = hangs;
  const second = client.enqueue(anyJob, 1);
  await clock.advance(100);
  broker.published.calls[1]?.fail(new LeveretError('BROKER_UNAVAILABLE', 'lost'));
  await clock.advance(50);

  expect(store.holds).toEqual([
    { ids: [first.id], holdMs: 0 },
    { ids: [(await second).id], holdMs: 0 },
  ]);
});

test('while its outcome is not known, a job is held for this process, and for as long after it was accepted', async () => {
  const { client, broker, store, clock } = setUp();
  broker.published.answer = hangs;
  const enqueued = client.enqueue(anyJob, 1);
  await clock.advance(30_000);
  const { id } = await enqueued;
  const holds = store.holds.splice(0);
  broker.published.calls[0]?.confirm();
  await clock.advance(30_000);

  expect(holds.length).toBeGreaterThanOrEqual(4);
  expect(holds.every(({ ids, holdMs }) => ids[0] === id && holdMs === 15_000)).toBe(true);
  expect(store.holds).toEqual([]);
});

test('a job that was sent is held until the ledger has answered: entered late, it is noted as sent and no relay sends it', async () => {
  const { client, store, clock } = setUp();
  store.accepted.answer = hangs;
  const enqueued = client.enqueue(anyJob, 1);
  await clock.advance(30_000);
  const { id } = await enqueued;
  const holds = store.holds.splice(0);

  store.accepted.calls[0]?.confirm(['new']);
  await clock.advance(50);

  expect(holds.length).toBeGreaterThanOrEqual(4);
  expect(store.dispatched.calls.map(({ argument }) => argument)).toEqual([[id]]);
});

test('an answer that has come is heard, however late this process is', async () => {
  const { clock, broker, store, client } = setUp();
  broker.published.answer = hangs;
  store.accepted.answer = hangs;
  const enqueued = client.enqueue(anyJob, 1);
  await clock.advance(0);

  clock.stall(4_000);
  broker.published.calls[0]?.confirm();
  store.accepted.calls[0]?.confirm(['new']);

  expect(await enqueued).toMatchObject({ isNew: true });
});

/** A client whose ledger answers as said, for a job whose id is given. */
function setUpGiven(answer: AcceptAnswer | undefined) {
  const all = setUp();
  all.store.accepted.answer =
    answer === undefined ? hangs : (entries) => Promise.resolve(entries.map(() => answer));
  const enqueue = () => all.client.enqueue(anyJob, 1, { id: idOf(1) });
  const sent = () => all.broker.published.calls.flatMap(({ argument }) => argument);
  return { ...all, enqueue, sent };
}

test('a job whose id is given is entered first, and published once the ledger has said that it is new', async () => {
  const { store, clock, enqueue, sent } = setUpGiven(undefined);
  const enqueued = enqueue();
  await clock.advance(400);
  const before = sent().length;

  store.accepted.calls[0]?.confirm(['new']);

  expect(await enqueued).toEqual({ id: idOf(1), isNew: true });
  expect(before).toBe(0);
  expect(sent()).toMatchObject([{ message: { id: idOf(1) } }]);
  expect(sent()[0]).not.toHaveProperty('isResent', true);
});

test('a job that is known is not published, and its receipt says so', async () => {
  const { enqueue, sent } = setUpGiven('known');

  expect(await enqueue()).toEqual({ id: idOf(1), isNew: false });
  expect(sent()).toEqual([]);
});

test('a job under the id of another one is refused, and not published', async () => {
  const { enqueue, sent } = setUpGiven('conflict');

  await expect(enqueue()).rejects.toMatchObject({ code: 'ID_CONFLICT', details: { jobId: idOf(1) } });
  expect(sent()).toEqual([]);
});

test.each([
  ['known', { id: idOf(1), isNew: false }],
  ['conflict', { code: 'ID_CONFLICT' }],
] as const)(
  'a ledger that is slow is not away: after two seconds, "%s" still counts',
  async (answer, came) => {
    const { store, clock, enqueue, sent } = setUpGiven(undefined);
    const answered = enqueue().catch((error: unknown) => error);
    await clock.advance(1_999);

    store.accepted.calls[0]?.confirm([answer]);

    expect(await answered).toMatchObject(came);
    expect(sent()).toEqual([]);
  },
);

test('when the ledger is silent, a job whose id is given is published as a copy in time for its answer, and nobody says it is new', async () => {
  const { store, clock, enqueue, sent } = setUpGiven(undefined);
  const enqueued = enqueue();
  await clock.advance(1_999);
  const sentBefore = sent().length;
  await clock.advance(101);
  const receipt = await enqueued;
  store.line.isUp = false;
  const whileAway = enqueue();
  await clock.advance(0);

  expect(sentBefore).toBe(0);
  expect([receipt, await whileAway]).toEqual(Array(2).fill({ id: idOf(1), isNew: undefined }));
  expect(sent().map(({ isResent }) => isResent)).toEqual([true, true]);
});

test('a ledger that let one job wait in vain is waited for again when it has answered', async () => {
  const { store, clock, enqueue, sent } = setUpGiven(undefined);
  const first = enqueue();
  await clock.advance(2_100);
  await first;
  const second = enqueue();
  await clock.advance(0);
  await second;
  const sentWhileSilent = sent().length;

  store.accepted.calls[0]?.confirm(['known']);
  await clock.advance(0);
  const third = enqueue();
  await clock.advance(1_000);
  store.accepted.calls[2]?.confirm(['known']);

  expect(await third).toEqual({ id: idOf(1), isNew: false });
  expect([sentWhileSilent, sent().length]).toEqual([2, 2]);
});

test.each([
  ['new', true],
  ['known', false],
  ['conflict', undefined],
] as const)(
  '"%s" that the ledger says after the job was sent is in the receipt as %s',
  async (answer, isNew) => {
    const { store, broker, clock, enqueue } = setUpGiven(undefined);
    broker.published.answer = hangs;
    const enqueued = enqueue();
    await clock.advance(2_000);
    store.accepted.calls[0]?.confirm([answer]);
    await clock.advance(50);
    broker.published.calls[0]?.confirm();
    await clock.advance(50);

    expect(await enqueued).toEqual({ id: idOf(1), isNew });
  },
);

test('what the ledger says late of a job that was published is noted: of another job under its id nothing is, and a warning says so', async () => {
  const { store, clock, lines, enqueue } = setUpGiven(undefined);
  const [first, second] = [enqueue(), enqueue()];
  await clock.advance(2_100);
  await Promise.all([first, second]);

  store.accepted.calls[0]?.confirm(['conflict']);
  store.accepted.calls[1]?.confirm(['known']);
  await clock.advance(50);

  expect(store.dispatched.calls.flatMap(({ argument }) => argument)).toEqual([idOf(1)]);
  expect(lines).toEqual([expect.stringContaining(`"jobId":"${idOf(1)}"`)]);
});

test('an answer that another job has the id proves nothing stored: if the broker fails, too, the job is refused', async () => {
  const { store, broker, clock, enqueue } = setUpGiven(undefined);
  broker.published.answer = hangs;
  const answered = enqueue().catch((error: unknown) => error);
  await clock.advance(2_000);
  store.accepted.calls[0]?.confirm(['conflict']);
  await clock.advance(50);
  broker.published.calls[0]?.fail(new LeveretError('BROKER_UNAVAILABLE', 'lost'));

  expect(await answered).toMatchObject({ code: 'ENQUEUE_UNAVAILABLE', details: { outcome: 'unknown' } });
});

test('in direct mode a job whose id is given is published as a copy of one that may exist, and nobody says it is new', async () => {
  const { broker, published } = createBrokerDouble();
  const client = createJobClient({ broker, clock: createManualClock() });

  const given = await client.enqueue(anyJob, 1, { id: idOf(1) });
  const generated = await client.enqueue(anyJob, 1);

  expect([given.isNew, generated.isNew]).toEqual([undefined, true]);
  expect(published.calls.map(({ argument }) => argument[0]?.isResent)).toEqual([true, undefined]);
});
