import { expect, test } from 'vitest';
import { toFailure } from '../errors/failure.ts';
import type { RecordableEvent } from '../events/events.ts';
import type { JobMessage } from '../job/message.ts';
import { applyDeadLetter } from './apply-dead-letter.ts';
import { applyEvent } from './apply-event.ts';
import type { JobRecord } from './job-record.ts';

const TAKEN_AT = 50_000;
const failure = { ...toFailure('HANDLER_FAILED', 'disk full'), errorCode: 'ENOSPC' };
const message: JobMessage = {
  version: 1,
  id: 'j',
  kind: 'k',
  queue: 'q',
  priority: 'high',
  attempt: 3,
  generation: 1,
  createdAt: 1_000,
  heldMs: 0,
  crashes: 0,
  snoozes: 0,
  body: new TextEncoder().encode('1'),
  headers: {},
};
const base = {
  jobId: 'j',
  kind: 'k',
  queue: 'q',
  attempt: 3,
  maxAttempts: 5,
  createdAt: 1_000,
  at: 2_000,
  generation: 1,
};
const started: RecordableEvent = { ...base, type: 'started', workerId: 'w' };
const outcome: RecordableEvent = {
  ...base,
  type: 'dead-lettered',
  failure,
  at: 3_000,
  startedAt: 2_000,
  workerId: 'w',
};

const letter = (over: Partial<JobMessage> = {}) => ({ message: { ...message, ...over }, failure });
const apply = (record?: JobRecord, over?: Partial<JobMessage>) =>
  applyDeadLetter(record, letter(over), TAKEN_AT);

test('a job that the ledger never heard of is dead', () => {
  expect(apply()).toMatchObject({
    id: 'j',
    kind: 'k',
    queue: 'q',
    state: 'dead',
    attempt: 3,
    settledAttempt: 3,
    maxAttempts: 3,
    generation: 1,
    createdAt: 1_000,
    finishedAt: TAKEN_AT,
    failure,
  });
  expect(apply(undefined, { maxAttempts: 7 }).maxAttempts).toBe(7);
});

test('a job whose attempt was under way is dead, and gets as many attempts as before', () => {
  const running = applyEvent(undefined, started);

  expect(apply(running)).toMatchObject({ state: 'dead', startedAt: 2_000, maxAttempts: 5, failure });
});

test('with the outcome of the attempt, in either order and twice, the record is that of the outcome', () => {
  const told = applyEvent(applyEvent(undefined, started), outcome);
  const { updatedAt: _updatedAt, ...expected } = told;

  const after = apply(apply(told));
  const before = applyEvent(applyEvent(apply(apply()), outcome), started);

  expect(after).toEqual(told);
  expect(before).toEqual({ ...expected, updatedAt: TAKEN_AT });
});

test('another outcome of the attempt moves the job: the dead letter was that of a copy', () => {
  const { failure: _failure, ...ended } = { ...outcome, failure };
  const succeeded: RecordableEvent = { ...ended, type: 'succeeded', state: 'succeeded', result: 7 };

  expect(applyEvent(apply(), succeeded)).toMatchObject({ state: 'succeeded', result: 7 });
  expect(apply(applyEvent(undefined, succeeded)).state).toBe('succeeded');
});

test('the same dead letter again changes nothing, however much later', () => {
  const once = apply();

  expect(applyDeadLetter(once, letter(), TAKEN_AT + 60_000)).toEqual(once);
});

test('a dead letter of an earlier attempt or a lower generation moves nothing', () => {
  const later = applyEvent(undefined, { ...started, attempt: 4 } as RecordableEvent);
  const higher = applyEvent(undefined, { ...started, generation: 2 } as RecordableEvent);

  expect(apply(later)).toEqual({ ...later, failure, failurePosition: expect.anything() });
  expect(apply(higher)).toEqual(higher);
});

test('an acceptance that comes later brings the tags, which a dead letter has not', () => {
  const known = { ...apply(), payload: 1 };
  const { generation: _generation, ...event } = base;

  const record = applyEvent(known, { ...event, type: 'accepted', payload: 2, delayMs: 0, tags: ['eu'] });

  expect(record).toEqual({ ...known, tags: ['eu'] });
});
