import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { watchSilence } from './silence.ts';

/** A peer that answers as long as `answers` is set. */
function setUp({ heartbeatS = 10, answers = true } = {}) {
  const clock = createManualClock();
  const peer = { answers, canBeAsked: true, received: 0, asked: 0 };
  const silences: { readonly at: number; readonly reason: string }[] = [];
  const stop = watchSilence({
    clock,
    heartbeatS,
    receivedBytes: () => peer.received,
    async ask() {
      if (!peer.canBeAsked) throw new Error('the channel is closed');
      peer.asked += 1;
      if (peer.answers) peer.received += 1;
    },
    onSilent: (reason) => silences.push({ at: clock.monotonic(), reason }),
  });
  return { clock, peer, silences, stop };
}

test('a peer that answers is there, however little it has to say', async () => {
  const { clock, peer, silences } = setUp();

  await clock.advance(60_000);

  expect(silences).toEqual([]);
  expect(peer.asked).toBe(40);
});

test('a peer that says something is not asked', async () => {
  const { clock, peer } = setUp();

  for (let second = 0; second < 60; second += 1) {
    peer.received += 1;
    await clock.advance(1_000);
  }

  expect(peer.asked).toBe(0);
});

test('a peer that is asked once and says nothing for three seconds is gone, which is told once', async () => {
  const { clock, peer, silences } = setUp({ answers: false });

  await clock.advance(60_000);

  expect(silences).toEqual([
    { at: 3_000, reason: 'the broker has said nothing for 3 s, though it was asked' },
  ]);
  expect(peer.asked).toBe(1);
});

test('a peer that cannot be asked is not held to be gone', async () => {
  const { clock, peer, silences } = setUp({ answers: false });
  peer.canBeAsked = false;

  await clock.advance(60_000);

  expect(silences).toEqual([]);
});

test.each([
  { heartbeatS: 2, goneAfterMs: 3_000 },
  { heartbeatS: 30, goneAfterMs: 9_000 },
])(
  'with a heartbeat of $heartbeatS s it is gone after $goneAfterMs ms',
  async ({ heartbeatS, goneAfterMs }) => {
    const { clock, silences } = setUp({ heartbeatS, answers: false });

    await clock.advance(60_000);

    expect(silences.map(({ at }) => at)).toEqual([goneAfterMs]);
  },
);

test('once stopped it looks no more', async () => {
  const { clock, silences, stop } = setUp({ answers: false });

  stop();
  await clock.advance(60_000);

  expect(silences).toEqual([]);
  expect(clock.pending()).toBe(0);
});
