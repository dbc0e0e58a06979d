import {
  ACCEPTED_HOLD_MS,
  CONTROL_ACTIONS,
  type ControlAction,
  type JobEvent,
  type JobMessage,
  type JobReader,
} from '@leveret/core';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded, superseded, uniqueQueue } from '../sample-job.ts';
import { act, type ControlledLedger, deadLettered, supersededOf } from './job-store-control.ts';

/** Something that happens to a job: `generation` counts back from the newest one. */
type Step =
  | { readonly kind: 'act'; readonly action: ControlAction }
  | { readonly kind: 'publish'; readonly back: number }
  | {
      readonly kind: 'event';
      readonly make: (message: JobMessage) => JobEvent;
      readonly back: number;
      readonly attempt: number;
    };

const back = fc.nat({ max: 2 });
const held = (message: JobMessage) => ({ ...deadLettered(message), type: 'held', delayMs: 5 }) as JobEvent;
const retried = (message: JobMessage) =>
  ({ ...deadLettered(message), type: 'retried', delayMs: 5 }) as JobEvent;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('act' as const),
    action: fc.constantFrom(...(Object.keys(CONTROL_ACTIONS) as ControlAction[])),
  }),
  fc.record({ kind: fc.constant('publish' as const), back }),
  fc.record({
    kind: fc.constant('event' as const),
    make: fc.constantFrom(started, succeeded, retried, held, deadLettered, superseded),
    back,
    attempt: fc.integer({ min: 1, max: 4 }),
  }),
);

/** What is expected of one job. */
interface Expected {
  readonly message: JobMessage;
  generation: number;
  isUndispatched: boolean;
  /** Generations of messages that are not to be run. */
  readonly superseded: Set<number>;
}

/** The promise that a job is in exactly one place, whatever happens to it. */
export function describeControlOrder({ store, openReader, clock }: ControlledLedger): void {
  async function take(one: Step, expected: Expected): Promise<void> {
    const { message } = expected;
    if (one.kind === 'act') {
      const answer = await act(store(), one.action, message);
      if (answer.kind === 'refused' || answer.generation === expected.generation) return;
      expected.superseded.add(expected.generation);
      expected.generation = answer.generation;
      expected.isUndispatched = answer.outgoing !== undefined;
      return;
    }
    const generation = Math.max(0, expected.generation - one.back);
    const isCurrent = generation === expected.generation;
    if (one.kind === 'publish') {
      await store().markDispatched([message.id], generation);
      if (isCurrent) expected.isUndispatched = false;
      return;
    }
    const event = { ...one.make({ ...message, attempt: one.attempt }), generation };
    const before = await store().get(message.id);
    await store().apply([event]);
    if (!isCurrent || event.type === 'superseded') expect(await store().get(message.id)).toEqual(before);
    else expected.isUndispatched = false;
    const isGone = ['superseded', 'succeeded', 'dead-lettered'].includes(event.type);
    if (isGone && (!isCurrent || event.type === 'superseded')) expected.superseded.delete(generation);
  }

  async function check(
    { message, generation, isUndispatched, superseded: gone }: Expected,
    reader: JobReader,
  ): Promise<void> {
    const { id, queue } = message;
    const record = (await store().get(id)) ?? expect.unreachable();
    await clock.advance(ACCEPTED_HOLD_MS);
    const claimed = await store().claimUndispatched({ limit: 1_000, maxBytes: 1e7, leaseMs: 1 });
    const mine = claimed.map((outgoing) => outgoing.message).filter((claimable) => claimable.id === id);

    expect(mine.map((claimable) => [claimable.generation, claimable.attempt])).toEqual(
      isUndispatched ? [[generation, record.settledAttempt + 1]] : [],
    );
    expect(record.generation ?? 0).toBe(generation);
    expect(new Set((await supersededOf(store(), queue)).map((entry) => entry.generation))).toEqual(gone);
    const counts = (await reader.counts()).filter((count) => count.queue === queue);
    expect(counts).toEqual([{ queue, kind: message.kind, state: record.state, count: 1 }]);
  }

  test('in any order of actions, publications and events, a job is undispatched or dispatched as its newest generation', async () => {
    const reader = await openReader();
    onTestFinished(() => reader.close());
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const message = sampleMessage(uniqueQueue());
        const expected: Expected = { message, generation: 0, isUndispatched: true, superseded: new Set() };
        await store().accept([sampleEntry(message)]);
        for (const one of steps) {
          await take(one, expected);
          await check(expected, reader);
        }
        await store().markDispatched([message.id], expected.generation);
      }),
      { numRuns: 25 },
    );
  });
}
