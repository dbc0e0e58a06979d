import { describe, expect, test } from 'vitest';
import { fillWindow, makePublisherBench, publicationTo, watch } from '../../fixtures/fake-publishing.ts';

const nack = () => new Error('message nacked');

/** A bench with messages `keys` on their way on its first channel. */
async function sendAll(...keys: readonly string[]) {
  const bench = makePublisherBench();
  const outcomes = keys.map((key) => watch(bench.publisher.send(publicationTo(key))));
  await bench.clock.advance(0);
  return { ...bench, outcomes };
}

describe('a message that the broker refuses', () => {
  test('is sent once more as a copy, with the same id, on a fresh channel', async () => {
    const { clock, channels, outcomes } = await sendAll('a');

    channels[0]?.sent[0]?.confirm(nack());
    await clock.advance(100);
    channels[1]?.sent[0]?.confirm(null);
    await clock.advance(0);

    expect(channels[0]?.sent).toMatchObject([{ messageId: 'id a', isCopy: false }]);
    expect(channels[1]?.sent).toMatchObject([{ messageId: 'id a', isCopy: true }]);
    expect(outcomes[0]?.outcome).toBe('confirmed');
  });

  test('fails when it is refused again', async () => {
    const { clock, channels, outcomes } = await sendAll('a');

    channels[0]?.sent[0]?.confirm(nack());
    await clock.advance(100);
    channels[1]?.sent[0]?.confirm(nack());
    await clock.advance(1_000);

    expect(outcomes).toEqual([{ outcome: 'the broker refused the message twice', stored: 'unknown' }]);
    expect(channels.length).toBe(2);
  });

  test('disturbs none of those that are on their way; their channel is closed when they are confirmed', async () => {
    const { clock, channels, outcomes } = await sendAll('a', 'b');

    channels[0]?.sent[0]?.confirm(nack());
    await clock.advance(1_000);
    channels[1]?.sent[0]?.confirm(null);
    const wasClosed = channels[0]?.isClosed();
    channels[0]?.sent[1]?.confirm(null);
    await clock.advance(500);

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['confirmed', 'confirmed']);
    expect([wasClosed, channels[0]?.isClosed()]).toEqual([false, true]);
  });

  test('shares a fresh channel with all that are refused at the same time, within one window', async () => {
    const { clock, channels, publisher } = await sendAll();
    for (let n = 0; n < 400; n += 1) watch(publisher.send(publicationTo(`${n}`)));
    await fillWindow();

    for (const { confirm } of channels[0]?.sent.slice(0, 100) ?? []) confirm(nack());
    await fillWindow();
    await clock.advance(100);
    await fillWindow();
    const whileFull = channels.map(({ sent }) => sent.length);
    for (const { confirm } of channels[0]?.sent.slice(100) ?? []) confirm(null);
    await fillWindow();

    expect(whileFull).toEqual([356, 0]);
    expect(channels.map(({ sent }) => sent.length)).toEqual([356, 144]);
    expect(channels[1]?.sent.slice(0, 100).map(({ key }) => Number(key))).toEqual([...Array(100).keys()]);
  });
});

describe('a channel that confirms nothing for ten seconds', () => {
  test('is left, and what was on it is sent again as copies with the same ids on a fresh one', async () => {
    const { clock, channels, outcomes } = await sendAll('a', 'b');

    await clock.advance(10_500);
    for (const { confirm } of channels[1]?.sent ?? []) confirm(null);
    await clock.advance(500);

    expect(channels[1]?.sent).toMatchObject([
      { messageId: 'id a', isCopy: true },
      { messageId: 'id b', isCopy: true },
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['confirmed', 'confirmed']);
    expect(channels[0]?.isClosed()).toBe(true);
  });

  test('leaves its whole window to the fresh one', async () => {
    const keys = Array.from({ length: 256 }, (_, n) => `${n}`);
    const { clock, channels } = await sendAll(...keys);
    await fillWindow();

    await clock.advance(10_500);
    await fillWindow();

    expect(channels[1]?.sent.map(({ key }) => key)).toEqual(keys);
  });

  test('may confirm all the same: a late confirm counts, and a late refusal does not', async () => {
    const { clock, channels, outcomes } = await sendAll('a', 'b');
    await clock.advance(10_500);

    channels[0]?.sent[0]?.confirm(null);
    channels[0]?.sent[1]?.confirm(nack());
    await clock.advance(0);
    const late = outcomes.map(({ outcome }) => outcome);
    for (const { confirm } of channels[1]?.sent ?? []) confirm(null);
    await clock.advance(0);

    expect(late).toEqual(['confirmed', 'pending']);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['confirmed', 'confirmed']);
  });

  test('is followed by a fresh connection when the next one is as silent, and what was on them fails', async () => {
    const { clock, channels, outcomes, closedBecause } = await sendAll('a');
    await clock.advance(10_500);
    const before = [outcomes[0]?.outcome, closedBecause()];

    await clock.advance(10_500);

    expect(before).toEqual(['pending', undefined]);
    expect(outcomes).toEqual([{ outcome: 'nothing was confirmed for 10 s', stored: 'unknown' }]);
    expect(closedBecause()).toBe('nothing was confirmed for 10 s');
    expect(channels.length).toBe(2);
  });

  test('is followed by a fresh connection when no other can be opened', async () => {
    const { clock, outcomes, stopOpening, closedBecause } = await sendAll('a');
    stopOpening();

    await clock.advance(10_500);

    expect(outcomes[0]?.stored).toBe('unknown');
    expect(closedBecause()).toBe('the broker did not open a channel in time');
  });

  test('is forgiven when the next one confirms: its connection stays, and no message is sent three times', async () => {
    const { clock, channels, publisher, outcomes, closedBecause } = await sendAll('a');
    await clock.advance(10_500);
    watch(publisher.send(publicationTo('b')));
    await clock.advance(0);
    channels[1]?.sent[1]?.confirm(null);

    await clock.advance(10_500);
    watch(publisher.send(publicationTo('c')));
    await clock.advance(0);

    expect(outcomes[0]?.stored).toBe('unknown');
    expect(closedBecause()).toBeUndefined();
    expect(channels[2]?.sent.map(({ key }) => key)).toEqual(['c']);
  });
});

describe('a connection that is lost', () => {
  test('takes nothing more, and holds what waits for two seconds', async () => {
    const { clock, publisher, setStatus, channels } = await sendAll('a');
    for (let n = 0; n < 300; n += 1) watch(publisher.send(publicationTo(`${n}`)));
    const waiting = watch(publisher.send(publicationTo('z')));
    setStatus({ state: 'down', code: 'BROKER_UNAVAILABLE', reason: 'gone' });

    const refused = watch(publisher.send(publicationTo('y')));
    channels[0]?.lose('gone');
    await clock.advance(1_500);
    const before = waiting.outcome;
    await clock.advance(1_000);

    expect(refused).toEqual({ outcome: 'gone', stored: 'not-stored' });
    expect([before, waiting.stored]).toEqual(['pending', 'not-stored']);
  });

  test.each([
    ['404 (NOT-FOUND) with message "no exchange"', 'BROKER_UNROUTABLE'],
    ['403 (ACCESS-REFUSED) with message "write access refused"', 'BROKER_REFUSED'],
    ['320 (CONNECTION-FORCED) with message "shutdown"', 'BROKER_UNAVAILABLE'],
  ])('for the reason %s, messages fail with %s', async (reason, code) => {
    const { channels, publisher, clock } = await sendAll();
    const sent = expect(publisher.send(publicationTo('a'))).rejects.toMatchObject({
      code,
      details: { outcome: 'unknown' },
    });
    await clock.advance(0);

    channels[0]?.lose(`Channel closed by server: ${reason}`);

    await sent;
  });
});
