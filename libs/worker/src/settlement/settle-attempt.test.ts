import {
  type AttemptResult,
  type Delivery,
  encodePayload,
  type JobMessage,
  REPEATED_HEADER,
  toFailure,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { planSettlement } from './settle-attempt.ts';

const message: JobMessage = {
  version: 1,
  id: 'j',
  kind: 'k',
  queue: 'q',
  priority: 'normal',
  attempt: 2,
  createdAt: 5,
  heldMs: 0,
  crashes: 0,
  snoozes: 0,
  generation: 0,
  body: encodePayload({ a: 1 }),
  headers: { traceparent: 't' },
};
const worker = { workerId: 'w', instanceId: 'w', version: '7', host: 'h' };
const means = { worker, clock: createManualClock(50), random: () => 1 };
const failure = toFailure('HANDLER_FAILED', 'disk full');

function plan(result: AttemptResult, over: Partial<JobMessage> = {}, crashes = message.crashes) {
  const delivery = { message: { ...message, ...over }, origin: 'first' } as Delivery;
  const retry = { attempts: 3, firstDelayMs: 1_000, maxDelayMs: 9_000 };
  return planSettlement({ delivery, result, retry, crashes }, means);
}

test('a success has no successor and tells its result', () => {
  expect(plan({ kind: 'succeeded', result: 'r' })).toMatchObject({
    kind: 'settle',
    options: { events: [{ type: 'succeeded', jobId: 'j', attempt: 2, at: 50, result: 'r' }] },
  });
});

test('an outcome says when its attempt began: the news of it may come later', () => {
  const delivery = { message, origin: 'first' } as Delivery;
  const retry = { attempts: 3, firstDelayMs: 1_000, maxDelayMs: 9_000 };

  for (const result of [
    { kind: 'succeeded', result: 'r' },
    { kind: 'failed', failure },
    { kind: 'given-up', failure },
  ] as const) {
    expect(planSettlement({ delivery, retry, startedAt: 40, result }, means)).toMatchObject({
      options: { events: [{ startedAt: 40, at: 50 }] },
    });
  }
});

test.each(['resent', 'returned', 'first'] as const)(
  'the outcome of a delivery that is %s says whether another message may still come',
  (origin) => {
    const delivery = { message, origin } as Delivery;
    const retry = { attempts: 2, firstDelayMs: 1_000, maxDelayMs: 9_000 };
    const isRepeated = origin === 'first' ? undefined : true;

    for (const result of [
      { kind: 'succeeded', result: 'r' },
      { kind: 'failed', failure },
      { kind: 'cancelled' },
    ] as const)
      expect(planSettlement({ delivery, retry, result }, means)).toMatchObject({
        options: { events: [{ isRepeated }] },
      });
  },
);

test.each(['resent', 'returned', 'first'] as const)(
  'what follows a delivery that is %s says whether an earlier message may still come, and so does its outcome',
  (origin) => {
    const retry = { attempts: 4, firstDelayMs: 1_000, maxDelayMs: 9_000 };
    const results: readonly AttemptResult[] = [
      { kind: 'failed', failure },
      { kind: 'crashed', failure },
      { kind: 'not-understood', failure: toFailure('UNKNOWN_KIND', 'nobody') },
      { kind: 'snoozed', delayMs: 60_000 },
    ];
    const isMarked = origin !== 'first';

    for (const result of results) {
      const planned = planSettlement({ delivery: { message, origin } as Delivery, retry, result }, means);
      const { successor } = planned.kind === 'settle' ? planned.options : expect.unreachable();
      const next = successor?.message ?? expect.unreachable();
      const outcome = planSettlement(
        {
          delivery: { message: next, origin: 'first' } as Delivery,
          retry,
          result: results[0] as AttemptResult,
        },
        means,
      );

      expect(next.headers[REPEATED_HEADER]).toBe(isMarked ? '1' : undefined);
      expect(outcome).toMatchObject({ options: { events: [{ isRepeated: isMarked || undefined }] } });
    }
  },
);

test('a retry is the same message with the next attempt', () => {
  const next = {
    ...message,
    attempt: 3,
    headers: {
      traceparent: 't',
      'leveret-history': '[{"attempt":2,"at":50,"code":"HANDLER_FAILED","message":"disk full"}]',
    },
  };

  expect(plan({ kind: 'failed', failure })).toMatchObject({
    options: {
      successor: { kind: 'requeue', message: next, delayMs: 2_000 },
      events: [{ type: 'retried', attempt: 2 }],
    },
  });
});

test('a job that was given more attempts than its definition says is retried with them, and its events say so', () => {
  const failed = plan({ kind: 'failed', failure }, { attempt: 5, maxAttempts: 6 });
  const dead = plan({ kind: 'failed', failure }, { attempt: 6, maxAttempts: 6 });

  expect(failed).toMatchObject({
    options: {
      successor: { kind: 'requeue', message: { attempt: 6, maxAttempts: 6 } },
      events: [{ type: 'retried', attempt: 5, maxAttempts: 6 }],
    },
  });
  expect(dead).toMatchObject({
    options: {
      successor: { kind: 'dead-letter', message: { attempt: 6, maxAttempts: 6 } },
      events: [{ type: 'dead-lettered', attempt: 6, maxAttempts: 6 }],
    },
  });
});

test.each([
  [{ kind: 'succeeded', result: 'r' }, 'succeeded'],
  [{ kind: 'failed', failure }, 'retrying'],
  [{ kind: 'given-up', failure }, 'dead'],
  [{ kind: 'crashed', failure }, undefined],
  [{ kind: 'not-understood', failure }, undefined],
  [{ kind: 'handed-back' }, undefined],
] as const)(
  'every event of an attempt names the worker, its version and its host, an outcome where it leads: %j',
  (result, state) => {
    const settled = plan(result);
    const events = [...settled.news, ...(settled.kind === 'settle' ? settled.options.events : [])];

    const { workerId, version, host } = worker;
    expect(events).toEqual([expect.objectContaining({ workerId, version, host })]);
    expect(events.map((event) => ('state' in event ? event.state : undefined))).toEqual([state]);
  },
);

test('a dead letter is the message as it is, with the failure', () => {
  expect(plan({ kind: 'given-up', failure })).toMatchObject({
    options: { successor: { kind: 'dead-letter', message, failure }, events: [{ type: 'dead-lettered' }] },
  });
});

test('a job that is held keeps its attempt and counts how long it was held; its news are no outcome', () => {
  const unknown = toFailure('UNKNOWN_KIND', 'nobody');

  expect(plan({ kind: 'not-understood', failure: unknown }, { heldMs: 5_000 })).toMatchObject({
    options: { successor: { message: { attempt: 2, heldMs: 15_000 }, delayMs: 10_000 }, events: [] },
    news: [{ type: 'held' }],
  });
});

test('a rerun is the same attempt with one death more, also of those that nobody saw', () => {
  const crashed = { kind: 'crashed', failure } as const;

  expect(plan(crashed)).toMatchObject({
    options: { successor: { kind: 'requeue', message: { attempt: 2, crashes: 1 } }, events: [] },
    news: [{ type: 'crashed', crashes: 1, failure }],
  });
  expect(plan(crashed, {}, 1)).toMatchObject({ options: { successor: { message: { crashes: 2 } } } });
});

test('a snoozed job keeps its attempt and counts how often; the ledger is told before its delivery ends', () => {
  expect(plan({ kind: 'snoozed', delayMs: 60_000 }, { attempt: 3, snoozes: 4, heldMs: 5_000 })).toMatchObject(
    {
      options: {
        successor: { kind: 'requeue', message: { attempt: 3, snoozes: 5, heldMs: 0 }, delayMs: 60_000 },
        events: [{ type: 'snoozed', attempt: 3, snoozes: 5, delayMs: 60_000 }],
      },
      news: [],
    },
  );
});

test('what follows a message of a later generation, and what is told of it, is of that generation', () => {
  expect(plan({ kind: 'snoozed', delayMs: 60_000 }, { generation: 2 })).toMatchObject({
    options: {
      successor: { kind: 'requeue', message: { generation: 2 } },
      events: [{ type: 'snoozed', generation: 2 }],
    },
  });
  expect(plan({ kind: 'succeeded', result: null }, { generation: 2 })).toMatchObject({
    options: { events: [{ type: 'succeeded', generation: 2 }] },
  });
});

test('an attempt whose job was superseded is acknowledged, and tells that it was cancelled', () => {
  expect(plan({ kind: 'cancelled' }, { generation: 1 })).toMatchObject({
    kind: 'settle',
    options: { events: [{ type: 'cancelled', state: 'cancelled', attempt: 2, generation: 1 }] },
  });
  expect(plan({ kind: 'succeeded', result: 1 }, { generation: 1 })).toMatchObject({
    options: { events: [{ type: 'succeeded', generation: 1 }] },
  });
});

test('a job that is handed back is released', () => {
  expect(plan({ kind: 'handed-back' })).toMatchObject({ kind: 'release', news: [{ type: 'handed-back' }] });
});
