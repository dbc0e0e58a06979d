import { EventEmitter } from 'node:events';
import { type BrokerStatus, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import type { AmqpChannel, ConfirmChannel } from './amqp.ts';
import type { Connection } from './connection.ts';
import { createPublisher } from './publisher.ts';
import type { Publication } from './sending.ts';

type Callback = (error: Error | null) => void;

/** A channel that confirms when it is told to. */
function makeChannel() {
  const raw = new EventEmitter();
  const sent: { readonly key: string; readonly confirm: Callback }[] = [];
  let isOpen = true;
  let isClosing = false;
  let lose: (reason: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => {
    lose = (reason) => {
      isOpen = false;
      resolve(reason);
    };
  });
  Object.assign(raw, {
    publish(
      _exchange: string,
      key: string,
      _body: Buffer,
      properties: { expiration?: unknown },
      confirm: Callback,
    ) {
      if (isClosing) throw Object.assign(new Error('Channel closing'), { name: 'IllegalOperationError' });
      if (properties.expiration === 'unfit') throw new TypeError('a field is unfit');
      sent.push({ key, confirm });
    },
  });
  const channel = { raw, lost, isOpen: () => isOpen, close: () => Promise.resolve() };
  return {
    channel: channel as unknown as AmqpChannel<ConfirmChannel>,
    sent,
    beginClosing: () => {
      isClosing = true;
    },
    lose,
    return: (key: string) =>
      raw.emit('return', {
        fields: { exchange: 'x', routingKey: key },
        properties: { messageId: `id ${key}` },
      }),
  };
}

function makeBench() {
  const clock = createManualClock();
  const channels: ReturnType<typeof makeChannel>[] = [];
  let status: BrokerStatus = { state: 'up' };
  const amqp = {
    openConfirmChannel: () => {
      const made = makeChannel();
      channels.push(made);
      return Promise.resolve(made.channel);
    },
  };
  const connection = { status: () => status, whenUp: () => Promise.resolve(amqp) } as unknown as Connection;
  const publisher = createPublisher(connection, clock, silentLogger);
  const setStatus = (next: BrokerStatus) => {
    status = next;
  };
  return { clock, channels, publisher, setStatus };
}

function publicationTo(key: string, properties: object = {}): Publication {
  return {
    exchange: 'x',
    key,
    body: new Uint8Array(),
    properties: { messageId: `id ${key}`, ...properties },
  };
}

/** Lets so many messages go out as one window holds. */
async function fillWindow(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** How a promise ended, so far. */
function watch(promise: Promise<void>) {
  const seen = { outcome: 'pending' };
  const note = (outcome: string) => {
    seen.outcome = outcome;
  };
  promise.then(
    () => note('confirmed'),
    (error: Error) => note(error.message),
  );
  return seen;
}

test('a caller waits two seconds from the moment its message goes out, and can wait on for the same message', async () => {
  const { clock, channels, publisher } = makeBench();
  const sending = publisher.send(publicationTo('a'));
  const first = watch(sending.confirmed());
  await clock.advance(2_500);

  const again = watch(sending.confirmed());
  await clock.advance(1_000);
  channels[0]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect([first.outcome, again.outcome]).toEqual(['not confirmed within 2 s', 'confirmed']);
  expect(channels[0]?.sent.length).toBe(1);
  expect(sending.hasFailed()).toBe(false);
});

test('a message that waits its turn behind a broker that confirms is not late, however long that takes', async () => {
  const { clock, channels, publisher } = makeBench();
  const outcomes = Array.from({ length: 2_000 }, (_, n) =>
    watch(publisher.send(publicationTo(`${n}`)).confirmed()),
  );
  await fillWindow();

  for (let confirmed = 0; confirmed < 2_000; confirmed += 256) {
    await clock.advance(1_000);
    for (const { confirm } of channels[0]?.sent.slice(confirmed) ?? []) confirm(null);
    await fillWindow();
  }

  expect(outcomes.filter(({ outcome }) => outcome !== 'confirmed')).toEqual([]);
});

test('when nothing is confirmed, what waits behind the window is told after two seconds, and never sent', async () => {
  const { clock, channels, publisher } = makeBench();
  const sendings = Array.from({ length: 300 }, (_, n) => publisher.send(publicationTo(`${n}`)));
  const outcomes = sendings.map((sending) => watch(sending.confirmed()));
  await fillWindow();

  await clock.advance(2_500);

  expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['not confirmed within 2 s']));
  expect(sendings.map((sending) => sending.hasFailed()).indexOf(true)).toBe(256);
  expect(channels[0]?.sent.length).toBe(256);
});

test('a channel that confirms nothing for ten seconds is given up, and its messages with it', async () => {
  const { clock, channels, publisher } = makeBench();
  const sending = publisher.send(publicationTo('a'));
  watch(sending.confirmed());

  await clock.advance(10_500);
  const other = watch(publisher.send(publicationTo('b')).confirmed());
  await clock.advance(0);
  channels[1]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect(sending.hasFailed()).toBe(true);
  expect(other.outcome).toBe('confirmed');
});

test('when the channel is lost, its messages fail for the real reason, and those that wait take the next one', async () => {
  const { clock, channels, publisher } = makeBench();
  const outcomes = Array.from({ length: 300 }, (_, n) =>
    watch(publisher.send(publicationTo(`${n}`)).confirmed()),
  );
  await fillWindow();

  for (const { confirm } of channels[0]?.sent ?? []) confirm(new Error('channel closed'));
  channels[0]?.lose('the node stops');
  await clock.advance(0);
  for (const { confirm } of channels[1]?.sent ?? []) confirm(null);
  await clock.advance(0);

  expect(new Set(outcomes.slice(0, 256).map(({ outcome }) => outcome))).toEqual(
    new Set(['the broker was lost before it confirmed: the node stops']),
  );
  expect(outcomes.slice(256).every(({ outcome }) => outcome === 'confirmed')).toBe(true);
});

test('no more than 64 messages go out in one turn of the event loop', async () => {
  const { clock, channels, publisher } = makeBench();
  for (let n = 0; n < 200; n += 1) watch(publisher.send(publicationTo(`${n}`)).confirmed());
  await clock.advance(0);

  const inFirstTurn = channels[0]?.sent.length;
  await fillWindow();

  expect([inFirstTurn, channels[0]?.sent.length]).toEqual([64, 200]);
});

test('a message that meets a channel in the act of closing takes the next one', async () => {
  const { clock, channels, publisher } = makeBench();
  watch(publisher.send(publicationTo('a')).confirmed());
  await clock.advance(0);

  channels[0]?.beginClosing();
  const outcome = watch(publisher.send(publicationTo('b')).confirmed());
  channels[0]?.lose('closed');
  await clock.advance(0);
  channels[1]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect(outcome.outcome).toBe('confirmed');
});

test('a message that cannot be encoded fails alone', async () => {
  const { clock, channels, publisher } = makeBench();

  const unfit = watch(publisher.send(publicationTo('a', { expiration: 'unfit' })).confirmed());
  const fit = watch(publisher.send(publicationTo('b')).confirmed());
  await clock.advance(0);
  channels[0]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect([unfit.outcome, fit.outcome]).toEqual(['a field is unfit', 'confirmed']);
});

test('a returned message is told apart by exchange, key and id', async () => {
  const { clock, channels, publisher } = makeBench();
  const outcomes = ['a', 'b'].map((key) =>
    watch(publisher.send({ ...publicationTo(key), properties: { messageId: 'id b' } }).confirmed()),
  );
  await clock.advance(0);

  channels[0]?.return('b');
  for (const { confirm } of channels[0]?.sent ?? []) confirm(null);
  await clock.advance(0);

  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['confirmed', 'nothing is bound to "x" for key b']);
});

test('a refused message fails, and what is on its way on a lost channel keeps nobody from being idle', async () => {
  const { clock, channels, publisher } = makeBench();
  const outcome = watch(publisher.send(publicationTo('a')).confirmed());
  watch(publisher.send(publicationTo('b')).confirmed());
  await clock.advance(0);

  channels[0]?.sent[0]?.confirm(new Error('message nacked'));
  const idle = watch(publisher.idle());
  await clock.advance(0);
  const before = idle.outcome;
  channels[0]?.lose('gone');
  await clock.advance(0);

  expect(outcome.outcome).toBe('the broker refused the message');
  expect([before, idle.outcome]).toEqual(['pending', 'confirmed']);
});

test('a blocked broker is told at once, and is not taken for a silent one', async () => {
  const { clock, channels, publisher, setStatus } = makeBench();
  const sending = publisher.send(publicationTo('a'));
  watch(sending.confirmed());
  await clock.advance(0);

  setStatus({ state: 'blocked', reason: 'low on memory' });
  const refused = watch(publisher.send(publicationTo('b')).confirmed());
  await clock.advance(20_000);

  expect(refused.outcome).toBe('the broker takes no messages: low on memory');
  expect(sending.hasFailed()).toBe(false);
  expect(channels.length).toBe(1);
});
