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
    const came = await client.enqueue(anyJob, 1, { id: idOf(1) }).then(
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

  expect(store.dispatched.calls.map(({ argument }) => argument)).toEqual([[idOf(1)]]);
});

test('a broker that is away costs an answer nothing when it fails at once', async () => {
  const { broker, store, clock, enqueue } = setUp();
  broker.published.answer = away;

  expect(await enqueue()).toEqual({ came: 'accepted', tookMs: 0 });
  await clock.advance(100);

  expect(store.dispatched.calls).toEqual([]);
  expect(broker.emitted.calls).toEqual([]);
});

test('what the ledger missed is told by an event before the answer', async () => {
  const { broker, store, clock, enqueue } = setUp();
  store.accepted.answer = away;
  broker.emitted.answer = hangs;
  const answered = enqueue();
  await clock.advance(700);

  const [{ argument, confirm } = expect.unreachable()] = broker.emitted.calls;
  expect(argument).toMatchObject([{ type: 'accepted', jobId: idOf(1), payload: 1, delayMs: 0 }]);
  confirm();

  expect(await answered).toEqual({ came: 'accepted', tookMs: 700 });
});

test('a job that neither has is refused with the reason of the last to fail', async () => {
  const { broker, store, clock, enqueue } = setUp();
  broker.published.answer = hangs;
  store.accepted.answer = () => Promise.reject(new Error('disk gone'));
  const answered = enqueue();
  await clock.advance(30);
  broker.published.calls[0]?.fail(new Error('link cut'));

  expect((await answered).came).toBe('ENQUEUE_UNAVAILABLE the job could not be stored: link cut');
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

test('a store that hangs costs one answer its 100 ms, and the others nothing until it has answered again', async () => {
  const { broker, clock, enqueue } = setUp();
  broker.published.answer = hangs;
  const first = enqueue();
  await clock.advance(100);
  expect(await first).toEqual({ came: 'accepted', tookMs: 100 });
  const second = enqueue();
  await clock.advance(0);
  expect(await second).toEqual({ came: 'accepted', tookMs: 0 });

  for (const { confirm } of broker.published.calls) confirm();
  await clock.advance(0);
  const third = enqueue();
  await clock.advance(40);
  broker.published.calls.at(-1)?.confirm();

  expect(await third).toEqual({ came: 'accepted', tookMs: 40 });
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
