import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toFailure } from '../errors/failure.ts';
import type { RecordableEvent, StartedEvent, SucceededEvent } from '../events/events.ts';
import { type AttemptRecord, attemptAfter, isAboutAttempt, readyAtOf } from './attempt-record.ts';
import type { JobRecord } from './job-record.ts';

const base = { jobId: 'j', kind: 'k', queue: 'q', attempt: 2, maxAttempts: 3, createdAt: 1, at: 100 };
const started: StartedEvent = { ...base, type: 'started', workerId: 'w', version: '1' };
const succeeded: SucceededEvent = { ...base, type: 'succeeded', at: 200, result: null, workerId: 'w' };

function fold(events: readonly RecordableEvent[]): AttemptRecord | undefined {
  return events
    .filter(isAboutAttempt)
    .reduce<AttemptRecord | undefined>((record, event) => attemptAfter(record, event), undefined);
}

test('an attempt has its start, its end, its outcome and its worker', () => {
  expect(fold([started])).toEqual({ generation: 0, attempt: 2, startedAt: 100, workerId: 'w', version: '1' });
  expect(fold([started, succeeded])).toEqual({
    generation: 0,
    attempt: 2,
    startedAt: 100,
    endedAt: 200,
    outcome: 'succeeded',
    workerId: 'w',
  });
});

test('an outcome says when the attempt began, why it failed, and who made it', () => {
  const failure = toFailure('HANDLER_FAILED', 'disk full');
  const worker = { workerId: 'other', instanceId: 'other-1', version: '2' };
  const retried = {
    ...base,
    ...worker,
    type: 'retried',
    at: 300,
    startedAt: 250,
    failure,
    delayMs: 1,
  } as const;

  expect(
    fold([
      { ...started, generation: 1 },
      { ...retried, generation: 1 },
    ]),
  ).toEqual({
    generation: 1,
    attempt: 2,
    startedAt: 250,
    endedAt: 300,
    outcome: 'retrying',
    failure,
    ...worker,
  });
});

test('the first outcome wins', () => {
  const failure = toFailure('HANDLER_FAILED', 'disk full');
  const dead = { ...base, type: 'dead-lettered', failure } as const;

  expect(fold([succeeded, dead])).toMatchObject({ outcome: 'succeeded' });
  expect(fold([dead, succeeded])).toMatchObject({ outcome: 'dead', failure });
});

const waiting: JobRecord = {
  id: 'j',
  kind: 'k',
  queue: 'q',
  state: 'retrying',
  attempt: 1,
  maxAttempts: 3,
  settledAttempt: 1,
  createdAt: 1,
  updatedAt: 40,
  dueAt: 70,
};

test('an attempt is ready when its job is due, else since its job came to the queue', () => {
  const { dueAt, ...queued } = { ...waiting, state: 'queued' } as const;

  expect(readyAtOf(waiting, started)).toBe(dueAt);
  expect(readyAtOf(queued, started)).toBe(40);
  expect(readyAtOf({ ...waiting, generation: 3 }, { ...started, generation: 3 })).toBe(70);
});

test.each([
  ['whose job is not known', undefined],
  ['whose job runs', { ...waiting, state: 'running' }],
  ['whose job is done', { ...waiting, state: 'dead' }],
  ['that is not the next of its job', { ...waiting, settledAttempt: 0 }],
  ['of another generation', { ...waiting, generation: 1 }],
] as const)('it is not known since when an attempt was ready %s', (_name, job) => {
  expect(readyAtOf(job, started)).toBeUndefined();
});

test('an attempt waited from when it was ready until it started, and never less than nothing', () => {
  const begun = attemptAfter(undefined, started, 70);

  expect(begun).toMatchObject({ startedAt: 100, queueWaitMs: 30 });
  expect(attemptAfter(begun, { ...succeeded, startedAt: 100 })).toMatchObject({ queueWaitMs: 30 });
  expect(attemptAfter(begun, succeeded)).toMatchObject({ startedAt: 100, queueWaitMs: 30 });
  expect(attemptAfter(undefined, { ...succeeded, startedAt: 90 }, 70)).toMatchObject({ queueWaitMs: 20 });
  expect(attemptAfter(undefined, started, 170)).toMatchObject({ queueWaitMs: 0 });
});

test('how long an attempt waited is of its start: a later one has its own, or none that is known', () => {
  const begun = attemptAfter(undefined, started, 70);
  const later = { ...started, at: 150 };

  expect(attemptAfter(begun, later)).not.toHaveProperty('queueWaitMs');
  expect(attemptAfter(begun, later, 140)).toMatchObject({ startedAt: 150, queueWaitMs: 10 });
  expect(attemptAfter(begun, { ...succeeded, startedAt: 150 })).not.toHaveProperty('queueWaitMs');
  expect(attemptAfter(undefined, succeeded, 70)).not.toHaveProperty('queueWaitMs');
});

test('an attempt has the host of its worker', () => {
  expect(fold([{ ...started, host: 'one' }])).toMatchObject({ host: 'one' });
  expect(
    fold([
      { ...started, host: 'one' },
      { ...succeeded, host: 'two' },
    ]),
  ).toMatchObject({ host: 'two' });
});

test('other events are not about an attempt', () => {
  expect(isAboutAttempt({ ...base, type: 'accepted', payload: null, delayMs: 0 })).toBe(false);
  expect(isAboutAttempt({ ...base, type: 'progress', progress: 0.5 })).toBe(false);
  expect(isAboutAttempt({ ...base, type: 'logged', bestEffort: true, lines: [] })).toBe(false);
  expect(isAboutAttempt({ ...base, type: 'expired', state: 'expired' })).toBe(true);
});

test('in whatever order starts and the outcome come, and however often, the record is the same', () => {
  const start = fc
    .record({ at: fc.nat({ max: 3 }), workerId: fc.constantFrom('a', 'b', 'c') })
    .map((over): RecordableEvent => ({ ...started, ...over, version: over.workerId }));
  fc.assert(
    fc.property(
      fc.array(start, { maxLength: 5 }),
      fc.boolean(),
      fc.infiniteStream(fc.nat()),
      (starts, isOver, chance) => {
        const events = isOver ? [...starts, { ...succeeded, startedAt: 3 }] : starts;
        const twice = [...events, ...events]
          .map((event) => ({ event, place: chance.next().value as number }))
          .sort((one, other) => one.place - other.place)
          .map(({ event }) => event);

        expect(fold(twice)).toEqual(fold(events));
      },
    ),
  );
});
