import { ACCEPTED_HOLD_MS, JOB_PRIORITIES, type JobStore } from '@leveret/core';
import type { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { sampleEntry, sampleMessage, started } from '../sample-job.ts';

const LEASE_MS = 5_000;

/** The promises about jobs that the broker may not have yet. */
export function describeUndispatched(
  store: () => JobStore,
  clock: ReturnType<typeof createManualClock>,
): void {
  const claim = (limit = 100, maxBytes = 1_000_000) =>
    store().claimUndispatched({ limit, maxBytes, leaseMs: LEASE_MS });
  const claimIds = async () => (await claim()).map(({ message }) => message.id);
  const dispatchAll = async () => {
    await clock.advance(2 * ACCEPTED_HOLD_MS);
    await store().markDispatched((await claim(1_000)).map(({ message }) => message.id));
  };

  test('undispatched jobs are claimed oldest first, whole, with what is left of their delays', async () => {
    await dispatchAll();
    const [old, young] = [sampleMessage('ledger', 'a'), sampleMessage('ledger', 'b')];
    await store().accept([sampleEntry({ ...old, headers: { tracestate: 'x=1' } }, 20_000)]);
    await clock.advance(500);
    await store().accept([sampleEntry(young)]);
    await clock.advance(ACCEPTED_HOLD_MS);

    const claimed = await claim();

    expect(
      claimed.map(({ message, delayMs }) => ({
        id: message.id,
        body: [...message.body],
        headers: message.headers,
        delayMs,
      })),
    ).toEqual([
      { id: old.id, body: [...Buffer.from('"a"')], headers: { tracestate: 'x=1' }, delayMs: 4_500 },
      { id: young.id, body: [...Buffer.from('"b"')], headers: {}, delayMs: 0 },
    ]);
  });

  test('an accepted job is held for whoever accepted it', async () => {
    await dispatchAll();
    const message = sampleMessage('ledger');
    await store().accept([sampleEntry(message)]);

    await clock.advance(ACCEPTED_HOLD_MS - 1);
    const before = await claimIds();
    await clock.advance(1);

    expect([before, await claimIds()]).toEqual([[], [message.id]]);
  });

  test('a claimed job is given to nobody else until its lease has run out', async () => {
    await dispatchAll();
    await store().accept([sampleEntry(sampleMessage('ledger'))]);
    await clock.advance(ACCEPTED_HOLD_MS);

    const first = await claim();
    const during = await claim();
    await clock.advance(LEASE_MS);
    const after = await claim();

    expect([first.length, during.length, after.length]).toEqual([1, 0, 1]);
  });

  test('whoever holds a job can hold it for longer, or leave it to the next who asks', async () => {
    await dispatchAll();
    const [kept, left] = [sampleMessage('ledger'), sampleMessage('ledger')];
    await store().accept([sampleEntry(kept), sampleEntry(left)]);

    await store().holdUndispatched([left.id, sampleMessage('ledger').id], 0);
    expect(await claimIds()).toEqual([left.id]);
    await clock.advance(ACCEPTED_HOLD_MS - 1_000);
    await store().holdUndispatched([kept.id, left.id], 3_000);
    await clock.advance(2_999);
    const before = await claimIds();
    await clock.advance(1);

    expect(before).toEqual([]);
    expect((await claimIds()).sort()).toEqual([kept.id, left.id].sort());
  });

  test.each(JOB_PRIORITIES)(
    'an undispatched job and its record are as urgent as it was when accepted: %s',
    async (priority) => {
      await dispatchAll();
      const message = { ...sampleMessage('ledger'), priority };
      await store().accept([sampleEntry(message)]);
      await clock.advance(ACCEPTED_HOLD_MS);

      const claimed = await claim();
      await store().apply([started(message)]);

      expect(claimed.map((outgoing) => outgoing.message.priority)).toEqual([priority]);
      expect((await store().get(message.id))?.priority ?? 'normal').toBe(priority);
    },
  );

  test('no more are claimed than asked for', async () => {
    await dispatchAll();
    await store().accept([sampleEntry(sampleMessage('ledger')), sampleEntry(sampleMessage('ledger'))]);
    await clock.advance(ACCEPTED_HOLD_MS);

    expect(await claim(1)).toHaveLength(1);
    expect(await claim(1)).toHaveLength(1);
    expect(await claim(1)).toHaveLength(0);
  });

  test('no more are claimed once their payloads take as many bytes as asked for, but one is', async () => {
    await dispatchAll();
    const large = () => sampleEntry(sampleMessage('ledger', 'x'.repeat(998)));
    await store().accept([large(), large(), large(), large()]);
    await clock.advance(ACCEPTED_HOLD_MS);

    expect(await claim(100, 1_500)).toHaveLength(2);
    expect(await claim(100, 1)).toHaveLength(1);
    expect(await claim(100, 1_001)).toHaveLength(1);
  });

  test('a job that is noted as dispatched, or that something happened to, is not claimed', async () => {
    await dispatchAll();
    const [noted, moved] = [sampleMessage('ledger'), sampleMessage('ledger')];
    await store().accept([sampleEntry(noted), sampleEntry(moved)]);

    await store().markDispatched([noted.id, sampleMessage('ledger').id]);
    await store().apply([started(moved)]);
    await store().holdUndispatched([noted.id, moved.id], 0);
    await clock.advance(ACCEPTED_HOLD_MS);

    expect(await claim()).toEqual([]);
  });
}
