import { expect, test } from 'vitest';
import { fillWindow, makePublisherBench, publicationTo, watch } from '../fixtures/fake-publishing.ts';

test('a caller waits two seconds from the moment its message goes out, and can wait on for the same message', async () => {
  const { clock, channels, publisher } = makePublisherBench();
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
  const { clock, channels, publisher } = makePublisherBench();
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
  const { clock, channels, publisher } = makePublisherBench();
  const sendings = Array.from({ length: 300 }, (_, n) => publisher.send(publicationTo(`${n}`)));
  const outcomes = sendings.map((sending) => watch(sending.confirmed()));
  await fillWindow();

  await clock.advance(2_500);

  expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['not confirmed within 2 s']));
  expect(sendings.map((sending) => sending.hasFailed()).indexOf(true)).toBe(256);
  expect(channels[0]?.sent.length).toBe(256);
});

test('when the channel is lost, its messages fail for the real reason, and those that wait take the next one', async () => {
  const { clock, channels, publisher } = makePublisherBench();
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
  const { clock, channels, publisher } = makePublisherBench();
  for (let n = 0; n < 200; n += 1) watch(publisher.send(publicationTo(`${n}`)).confirmed());
  await clock.advance(0);

  const inFirstTurn = channels[0]?.sent.length;
  await fillWindow();

  expect([inFirstTurn, channels[0]?.sent.length]).toEqual([64, 200]);
});

test('a message that meets a channel in the act of closing takes the next one', async () => {
  const { clock, channels, publisher } = makePublisherBench();
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
  const { clock, channels, publisher } = makePublisherBench();

  const unfit = watch(publisher.send(publicationTo('a', { expiration: 'unfit' })).confirmed());
  const fit = watch(publisher.send(publicationTo('b')).confirmed());
  await clock.advance(0);
  channels[0]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect([unfit.outcome, fit.outcome]).toEqual(['a field is unfit', 'confirmed']);
});

test('a returned message is told apart by exchange, key and id', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  const outcomes = ['a', 'b'].map((key) =>
    watch(publisher.send({ ...publicationTo(key), properties: { messageId: 'id b' } }).confirmed()),
  );
  await clock.advance(0);

  channels[0]?.return('b');
  for (const { confirm } of channels[0]?.sent ?? []) confirm(null);
  await clock.advance(0);

  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['confirmed', 'nothing is bound to "x" for key b']);
});

test('a message that is returned from the default exchange says which queue is missing', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  const sending = watch(publisher.send({ ...publicationTo('q'), exchange: '' }).confirmed());
  await clock.advance(0);

  channels[0]?.return('q', '');
  channels[0]?.sent[0]?.confirm(null);
  await clock.advance(0);

  expect(sending.outcome).toBe('there is no queue q');
});

test('what is on its way on a lost channel keeps nobody from being idle', async () => {
  const { clock, channels, publisher } = makePublisherBench();
  watch(publisher.send(publicationTo('a')).confirmed());
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
