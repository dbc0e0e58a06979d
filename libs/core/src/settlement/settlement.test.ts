import { expect, test } from 'vitest';
import { toFailure } from '../errors/failure.ts';
import { MAX_DELAY_MS } from './retry-policy.ts';
import { decideSettlement, MAX_HELD_MS, MIN_SNOOZE_MS, type SettlementInput } from './settlement.ts';

const input: SettlementInput = {
  retry: { attempts: 3, firstDelayMs: 1_000, maxDelayMs: 60_000 },
  attempt: 1,
  maxAttempts: 3,
  heldMs: 0,
  crashes: 0,
  random: () => 1,
};
const failure = toFailure('HANDLER_FAILED', 'disk full');

test('a success is acknowledged with its result', () => {
  expect(decideSettlement({ kind: 'succeeded', result: 7 }, input)).toEqual({ kind: 'ack', result: 7 });
});

test('a failure that may pass is retried after the delay of the policy', () => {
  const settlement = decideSettlement({ kind: 'failed', failure }, { ...input, attempt: 2 });

  expect(settlement).toEqual({ kind: 'retry', delayMs: 2_000, failure });
});

test('a failure of the last attempt is dead-lettered', () => {
  const settlement = decideSettlement({ kind: 'failed', failure }, { ...input, attempt: 3 });

  expect(settlement).toEqual({ kind: 'dead-letter', because: 'no attempt is left', failure });
});

test('a job that was given more attempts than its policy says is retried until they are used up', () => {
  const given = { ...input, maxAttempts: 6 };

  expect(decideSettlement({ kind: 'failed', failure }, { ...given, attempt: 5 }).kind).toBe('retry');
  expect(decideSettlement({ kind: 'failed', failure }, { ...given, attempt: 6 }).kind).toBe('dead-letter');
});

test('a failure that can never pass is dead-lettered at once', () => {
  const hopeless = toFailure('PAYLOAD_INVALID', 'to: is missing');

  expect(decideSettlement({ kind: 'failed', failure: hopeless }, input)).toEqual({
    kind: 'dead-letter',
    because: 'PAYLOAD_INVALID is not tried again',
    failure: hopeless,
  });
});

test('a job that its handler gave up is dead-lettered at once, whatever its code', () => {
  expect(decideSettlement({ kind: 'given-up', failure }, input)).toEqual({
    kind: 'dead-letter',
    because: 'trying again cannot help',
    failure,
  });
});

test('a job that no worker understands is deferred by 5 s, then twice as long each time up to 60 s, and is dead after 15 minutes', () => {
  const unknown = toFailure('UNKNOWN_KIND', 'nobody handles "x"');
  const delays: number[] = [];
  let heldMs = 0;
  for (;;) {
    const settlement = decideSettlement({ kind: 'not-understood', failure: unknown }, { ...input, heldMs });
    if (settlement.kind !== 'defer') {
      expect(settlement).toEqual({
        kind: 'dead-letter',
        because: 'no worker understood it for 15 minutes',
        failure: unknown,
      });
      break;
    }
    delays.push(settlement.delayMs);
    heldMs += settlement.delayMs;
  }

  expect(delays.slice(0, 6)).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  expect(heldMs).toBeGreaterThanOrEqual(MAX_HELD_MS);
});

test('a job of a worker that stops is released, uncharged', () => {
  expect(decideSettlement({ kind: 'handed-back' }, input)).toEqual({ kind: 'release' });
});

test('a death is charged to the job and not to the attempt, and with the third the job is given up', () => {
  const crashed = { kind: 'crashed', failure: toFailure('WORKER_CRASHED', 'SIGSEGV') } as const;
  const decide = (crashes: number) => decideSettlement(crashed, { ...input, attempt: 3, crashes });

  expect(decide(0)).toEqual({ kind: 'rerun', crashes: 1, delayMs: 1_000, failure: crashed.failure });
  expect(decide(1)).toEqual({ kind: 'rerun', crashes: 2, delayMs: 2_000, failure: crashed.failure });
  expect(decide(2)).toEqual({
    kind: 'dead-letter',
    because: '3 processes died over it',
    failure: crashed.failure,
  });
});

test('a handler that asks for a later attempt gets it when it asked for, and is dead-lettered when none is left', () => {
  const result = { kind: 'retry-later', delayMs: 77_000, failure } as const;

  expect(decideSettlement(result, { ...input, attempt: 2 })).toEqual({
    kind: 'retry',
    delayMs: 77_000,
    failure,
  });
  expect(decideSettlement(result, { ...input, attempt: 3 })).toEqual({
    kind: 'dead-letter',
    because: 'no attempt is left',
    failure,
  });
});

test('a snoozed job comes back whatever its attempt, and never at once', () => {
  const decide = (delayMs: number) =>
    decideSettlement({ kind: 'snoozed', delayMs }, { ...input, attempt: 3, heldMs: 900_000 });

  expect(decide(MAX_DELAY_MS)).toEqual({ kind: 'snooze', delayMs: MAX_DELAY_MS });
  expect(decide(0)).toEqual({ kind: 'snooze', delayMs: MIN_SNOOZE_MS });
});
