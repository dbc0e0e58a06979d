import { expect, test } from 'vitest';
import { fillWindow, makePublisherBench, publicationTo, watch } from '../../fixtures/fake-publishing.ts';

test('a message is waited for as long as its channel lives, however late its confirm is', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  const outcome = watch(publisher.send(publicationTo('a')));
  await clock.advance(9_000);
  const before = outcome.outcome;

  channels[0]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect([before, outcome.outcome]).toEqual(['pending', 'confirmed']);
  expect(channels[0]?.sent.length).toBe(1);
});

test('a message that waits its turn behind a broker that confirms is not late, however long that takes', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  const outcomes = Array.from({ length: 2_000 }, (_, n) => watch(publisher.send(publicationTo(`${n}`))));
  await fillWindow();

  for (let confirmed = 0; confirmed < 2_000; confirmed += 256) {
    await clock.advance(1_000);
    for (const { confirm } of channels[0]?.sent.slice(confirmed) ?? []) confirm(null);
    await fillWindow();
  }

  expect(outcomes.filter(({ outcome }) => outcome !== 'confirmed')).toEqual([]);
});

test('what waits behind the window when the broker goes is told after two seconds that it is not stored, and never sent', async () => {
  const { clock, channels, publisher, setStatus } = makePublisherBench();
  const outcomes = Array.from({ length: 300 }, (_, n) => watch(publisher.send(publicationTo(`${n}`))));
  await fillWindow();

  setStatus({ state: 'down', code: 'BROKER_UNAVAILABLE', reason: 'gone' });
  await clock.advance(2_500);
  setStatus({ state: 'up' });
  for (const { confirm } of channels[0]?.sent ?? []) confirm(null);
  await fillWindow();

  expect(outcomes.slice(0, 256).filter(({ outcome }) => outcome !== 'confirmed')).toEqual([]);
  expect(new Set(outcomes.slice(256).map(({ stored }) => stored))).toEqual(new Set(['not-stored']));
  expect(channels[0]?.sent.length).toBe(256);
});

test('once the bodies on their way fill the window, no more are sent until they are confirmed', async () => {
  const { channels, publisher } = makePublisherBench();
  const ofMiB = (count: number) => ({ ...publicationTo('a'), body: new Uint8Array(count * 1_048_576) });
  for (const size of [2, 5, 6, 1]) watch(publisher.send(ofMiB(size)));
  await fillWindow();
  const sentCounts: number[] = [];
  for (let confirmed = 0; confirmed < 4; confirmed += 1) {
    sentCounts.push(channels[0]?.sent.length ?? 0);
    channels[0]?.sent[confirmed]?.confirm(null);
    await fillWindow();
  }

  expect(sentCounts).toEqual([3, 3, 4, 4]);
});

test.each([
  ['messages', 20_000, 1],
  ['bytes', 17, 1_048_576],
])('when too many %s wait, the next one is refused, and is not stored', async (_what, count, size) => {
  const { publisher } = makePublisherBench();
  const large = { ...publicationTo('a'), body: new Uint8Array(size) };
  const send = () => watch(publisher.send(large));
  Array.from({ length: count + 256 }, send);
  await fillWindow();

  const refused = Array.from({ length: count }, send);
  await fillWindow();

  expect(refused.at(-1)).toEqual({ outcome: 'too many messages wait for the broker', stored: 'not-stored' });
});

test('when the channel is lost, its messages fail for the real reason, and those that wait take the next one', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  const outcomes = Array.from({ length: 300 }, (_, n) => watch(publisher.send(publicationTo(`${n}`))));
  await fillWindow();

  for (const { confirm } of channels[0]?.sent ?? []) confirm(new Error('channel closed'));
  channels[0]?.lose('the node stops');
  await clock.advance(0);
  for (const { confirm } of channels[1]?.sent ?? []) confirm(null);
  await clock.advance(0);

  expect(outcomes.slice(0, 256)).toEqual(
    Array(256).fill({
      outcome: 'the broker was lost before it confirmed: the node stops',
      stored: 'unknown',
    }),
  );
  expect(outcomes.slice(256).every(({ outcome }) => outcome === 'confirmed')).toBe(true);
});

test('no more than 64 messages go out in one turn of the event loop', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  for (let n = 0; n < 200; n += 1) watch(publisher.send(publicationTo(`${n}`)));
  await clock.advance(0);

  const inFirstTurn = channels[0]?.sent.length;
  await fillWindow();

  expect([inFirstTurn, channels[0]?.sent.length]).toEqual([64, 200]);
});

test('a message that meets a channel in the act of closing takes the next one', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  watch(publisher.send(publicationTo('a')));
  await clock.advance(0);

  channels[0]?.beginClosing();
  const outcome = watch(publisher.send(publicationTo('b')));
  channels[0]?.lose('closed');
  await clock.advance(0);
  channels[1]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect(outcome.outcome).toBe('confirmed');
});

test('a message that cannot be encoded fails alone', async () => {
  const { clock, channels, publisher } = makePublisherBench();

  const unfit = watch(publisher.send(publicationTo('a', { expiration: 'unfit' })));
  const fit = watch(publisher.send(publicationTo('b')));
  await clock.advance(0);
  channels[0]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect([unfit.outcome, fit.outcome]).toEqual(['a field is unfit', 'confirmed']);
});

test('a returned message is told apart by exchange, key and id', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  const outcomes = ['a', 'b'].map((key) =>
    watch(publisher.send({ ...publicationTo(key), properties: { messageId: 'id b' } })),
  );
  await clock.advance(0);

  channels[0]?.return('b');
  for (const { confirm } of channels[0]?.sent ?? []) confirm(null);
  await clock.advance(0);

  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['confirmed', 'nothing is bound to "x" for key b']);
});

test('a message that is returned from the default exchange says which queue is missing', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  const outcome = watch(publisher.send({ ...publicationTo('q'), exchange: '' }));
  await clock.advance(0);

  channels[0]?.return('q', '');
  channels[0]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect(outcome.outcome).toBe('there is no queue q');
});

test('what is on its way on a lost channel keeps nobody from being idle', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  watch(publisher.send(publicationTo('a')));
  await clock.advance(0);

  const idle = watch(publisher.idle());
  await clock.advance(0);
  const before = idle.outcome;
  channels[0]?.lose('gone');
  await clock.advance(0);

  expect([before, idle.outcome]).toEqual(['pending', 'confirmed']);
});

test('a blocked broker is told at once, and is not taken for a silent one', async () => {
  const { clock, channels, publisher, setStatus } = makePublisherBench();
  const sent = watch(publisher.send(publicationTo('a')));
  await clock.advance(0);

  setStatus({ state: 'blocked', code: 'BROKER_BLOCKED', reason: 'low on memory' });
  const refused = watch(publisher.send(publicationTo('b')));
  await clock.advance(20_000);

  expect(refused).toEqual({ outcome: 'the broker takes no messages: low on memory', stored: 'not-stored' });
  expect(sent.outcome).toBe('pending');
  expect(channels.length).toBe(1);
});
