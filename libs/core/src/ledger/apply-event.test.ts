import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toFailure } from '../errors/failure.ts';
import type { JobEvent, JobEventBase, ProgressEvent, RecordableEvent } from '../events/events.ts';
import type { HistoryPolicy } from '../job/history-policy.ts';
import { JOB_STATES, type JobState } from '../job/states.ts';
import { applyEvent } from './apply-event.ts';
import { type JobRecord, toRecord } from './job-record.ts';

const failure = toFailure('HANDLER_FAILED', 'disk full');
const accepted = toRecord({
  id: 'j',
  kind: 'k',
  queue: 'q',
  priority: 'normal',
  maxAttempts: 3,
  createdAt: 100,
  delayMs: 0,
  payload: { a: 1 },
});

function base(attempt: number, at = 200): JobEventBase {
  return { jobId: 'j', kind: 'k', queue: 'q', attempt, maxAttempts: 3, createdAt: 100, at };
}
const started = (attempt: number): JobEvent => ({ ...base(attempt), type: 'started', workerId: 'w' });
const succeeded = (attempt: number, result = 'done'): JobEvent => ({
  ...base(attempt),
  type: 'succeeded',
  result,
});
const retried = (attempt: number): JobEvent => ({ ...base(attempt), type: 'retried', failure, delayMs: 50 });
const dead = (attempt: number): JobEvent => ({ ...base(attempt), type: 'dead-lettered', failure });

function after(...events: JobEvent[]): JobRecord {
  return events.reduce((record, event) => applyEvent(record, event), accepted);
}

/** The next states, and those behind an attempt whose start was never told: it is news, and may be lost. */
function reachable(state: JobState): readonly JobState[] {
  const { next } = JOB_STATES[state];
  return next.includes('running') ? [...next, ...JOB_STATES.running.next] : next;
}

test('a job that is accepted with a delay is scheduled', () => {
  const record = toRecord({
    id: 'j',
    kind: 'k',
    queue: 'q',
    priority: 'normal',
    maxAttempts: 3,
    createdAt: 100,
    delayMs: 40,
    payload: null,
  });

  expect(record).toMatchObject({ state: 'scheduled', dueAt: 140 });
});

test('a job goes from queued through running and retrying to succeeded', () => {
  expect(after(started(1))).toMatchObject({ state: 'running', attempt: 1, startedAt: 200 });
  expect(after(started(1), retried(1))).toMatchObject({ state: 'retrying', attempt: 1, failure, dueAt: 250 });

  const done = after(started(1), retried(1), started(2), succeeded(2));

  expect(done).toMatchObject({
    state: 'succeeded',
    attempt: 2,
    result: 'done',
    finishedAt: 200,
    payload: { a: 1 },
  });
  expect(done).not.toHaveProperty('failure');
  expect(done).not.toHaveProperty('dueAt');
});

test('the first outcome of an attempt wins', () => {
  expect(after(retried(1), succeeded(1))).toMatchObject({ state: 'retrying', settledAttempt: 1 });
  expect(after(succeeded(1, 'first'), succeeded(1, 'second'))).toMatchObject({ result: 'first' });
});

test('nothing moves a job that is done, and nothing moves it back', () => {
  const done = after(succeeded(1));

  expect(applyEvent(done, started(2))).toBe(done);
  expect(applyEvent(done, dead(2))).toBe(done);
  expect(after(retried(1), started(1))).toMatchObject({ state: 'retrying' });
});

test('an outcome that comes before its start is kept when the start comes late', () => {
  expect(after(succeeded(1), started(1))).toMatchObject({ state: 'succeeded' });
});

test('a job of another producer is entered by its first event, and its payload by a later one', () => {
  const known = applyEvent(undefined, started(1));
  const filled = applyEvent(known, { ...base(1), type: 'accepted', payload: { b: 2 }, delayMs: 0 });

  expect(known).toMatchObject({ id: 'j', kind: 'k', queue: 'q', state: 'running' });
  expect(filled).toMatchObject({ state: 'running', payload: { b: 2 } });
});

test('an acceptance that comes late brings the parent of a job, which it keeps when it moves and in its next generation', () => {
  const parentId = '01900000-0000-7000-8000-000000000000';
  const event: JobEvent = { ...base(1), type: 'accepted', payload: { b: 2 }, delayMs: 0, parentId };

  const filled = applyEvent(applyEvent(undefined, started(1)), event);
  const known = applyEvent({ ...filled, parentId: 'another' }, event);

  expect(filled).toMatchObject({ state: 'running', parentId });
  expect(known).toMatchObject({ parentId: 'another' });
  expect(applyEvent(filled, succeeded(1))).toMatchObject({ state: 'succeeded', parentId });
  expect(applyEvent(filled, { ...started(2), generation: 1 })).toMatchObject({ generation: 1, parentId });
});

test('a job that is held or handed back waits again, and no attempt is charged', () => {
  const held = after({ ...base(1), type: 'held', failure, delayMs: 5_000 });

  expect(held).toMatchObject({ state: 'queued', attempt: 0, settledAttempt: 0, dueAt: 5_200 });
  expect(after(started(1), { ...base(1), type: 'handed-back' })).toMatchObject({
    state: 'queued',
    settledAttempt: 0,
  });
});

test('a delayed job that the ledger missed is scheduled by its accepted event', () => {
  const event: JobEvent = { ...base(1, 100), type: 'accepted', payload: { b: 2 }, delayMs: 3_600_000 };

  const record = applyEvent(undefined, event);

  expect(record).toMatchObject({ state: 'scheduled', attempt: 0, dueAt: 3_600_100, payload: { b: 2 } });
  expect(applyEvent(record, event)).toBe(record);
  expect(applyEvent(applyEvent(record, started(1)), event)).toMatchObject({ state: 'running' });
});

test('a retry that is held counts the attempts that began, and no other', () => {
  expect(after(retried(1), { ...base(2), type: 'held', failure, delayMs: 5_000 })).toMatchObject({
    state: 'queued',
    attempt: 1,
    settledAttempt: 1,
  });
});

test('an outcome says when its attempt began, where its start was not told', () => {
  const record = applyEvent(accepted, { ...base(1), type: 'succeeded', result: 1, startedAt: 190 });

  expect(record).toMatchObject({ state: 'succeeded', startedAt: 190, finishedAt: 200 });
});

test('what happened earlier adds what is missing, and moves nothing', () => {
  const at = (event: JobEvent, moment: number): JobEvent => ({ ...event, at: moment });
  const progress: JobEvent = { ...base(2, 310), type: 'progress', progress: 0.5 };
  const crashed: JobEvent = { ...base(2, 290), type: 'crashed', failure, crashes: 1, delayMs: 1 };
  const handedBack: JobEvent = { ...base(2, 290), type: 'handed-back' };
  const held: JobEvent = { ...base(2, 290), type: 'held', failure, delayMs: 5_000 };

  const late = after(at(started(2), 300), at(retried(1), 250), progress);

  expect(late).toMatchObject({ state: 'running', attempt: 2, settledAttempt: 1, startedAt: 300, failure });
  expect(late).toMatchObject({ progress: 0.5, updatedAt: 310 });
  expect(late).not.toHaveProperty('dueAt');
  for (const earlier of [crashed, handedBack, held])
    expect(after(at(started(2), 300), earlier)).toMatchObject({ state: 'running', startedAt: 300 });
});

test('of the runs of one attempt the later one counts, whatever the clocks of their workers say', () => {
  const crashed: JobEvent = { ...base(1, 900), type: 'crashed', failure, crashes: 1, delayMs: 1 };
  const rerun: JobEvent = { ...base(1, 300), type: 'started', workerId: 'slow clock', run: 1 };

  expect(after(rerun, crashed)).toMatchObject({ state: 'running', startedAt: 300, failure });
  expect(after(crashed, rerun)).toMatchObject({ state: 'running', startedAt: 300, failure });
});

test('progress shows that an attempt began whose start was not told, and of one moment the furthest counts', () => {
  const progress = (done: number): JobEvent => ({ ...base(1), type: 'progress', progress: done });

  expect(after(progress(0.25), progress(0.75), progress(0.5))).toMatchObject({
    state: 'running',
    attempt: 1,
    progress: 0.75,
  });
});

test('a report of progress replaces the one before, and goes with the run', () => {
  const progress = (at: number, over: Partial<ProgressEvent>): JobEvent => ({
    ...base(1, at),
    type: 'progress',
    progress: 0.5,
    ...over,
  });
  const counted = progress(210, { done: 3, total: 6, text: 'page 3' });

  expect(after(counted)).toMatchObject({
    progress: 0.5,
    progressDetails: { done: 3, total: 6, text: 'page 3' },
  });
  expect(after(counted, progress(220, { text: 'page 4' })).progressDetails).toEqual({ text: 'page 4' });
  for (const next of [progress(220, {}), succeeded(1), retried(1), started(2)])
    expect(after(counted, next)).not.toHaveProperty('progressDetails');
});

test('of equal progress at one moment, the same report counts in any order', () => {
  const [one, other, plain]: JobEvent[] = [{ text: 'a' }, { text: 'b' }, {}].map((details) => ({
    ...base(1),
    type: 'progress',
    progress: 0.5,
    ...details,
  }));
  if (one === undefined || other === undefined || plain === undefined) return expect.unreachable();

  expect(after(one, other, plain)).toEqual(after(plain, other, one));
  expect(after(other, plain, one)).toEqual(after(one, other, plain));
});

test('what a handler logged enters a job that is not known, and changes nothing else', () => {
  const lines = [{ number: 1, at: 200, level: 'info', message: 'm' }] as const;
  const logged: JobEvent = { ...base(4), type: 'logged', bestEffort: true, lines, generation: 7 };
  const done = after(succeeded(1));

  expect(applyEvent(done, logged)).toBe(done);
  expect(applyEvent(undefined, logged)).toEqual({
    id: 'j',
    kind: 'k',
    queue: 'q',
    state: 'queued',
    attempt: 0,
    maxAttempts: 3,
    settledAttempt: 0,
    createdAt: 100,
    updatedAt: 100,
  });
});

test('a dead job is moved by an event of a later attempt alone, and a job that succeeded by none', () => {
  expect(after(dead(3), started(1), succeeded(3))).toMatchObject({ state: 'dead', attempt: 3, failure });
  expect(after(dead(3), started(4))).toMatchObject({ state: 'running', attempt: 4, failure });
  expect(after(dead(3), started(4))).not.toHaveProperty('finishedAt');
  expect(after(succeeded(4), dead(3))).toEqual(after(dead(3), succeeded(4)));
  expect(after(succeeded(3), started(4))).toEqual(after(succeeded(3)));
});

test('an outcome of a type that is not known is applied by the state that it says', () => {
  const cancelled = { ...base(1), type: 'cancelled', state: 'cancelled', by: 'ann' } as const;
  const postponed = { ...base(1), type: 'postponed', state: 'scheduled', dueAt: 900 } as const;

  expect(applyEvent(applyEvent(accepted, started(1)), cancelled)).toMatchObject({
    state: 'cancelled',
    settledAttempt: 1,
    finishedAt: 200,
  });
  expect(applyEvent(applyEvent(accepted, cancelled), succeeded(1))).toMatchObject({ state: 'cancelled' });
  expect(applyEvent(accepted, postponed)).toMatchObject({
    state: 'scheduled',
    settledAttempt: 1,
    dueAt: 900,
  });
  expect(applyEvent(applyEvent(accepted, postponed), started(2))).toMatchObject({ state: 'running' });
});

test('a record of an earlier build is moved by what comes next, and not by what came before', () => {
  const { newest: _newest, ...running } = after(started(2));
  const { failurePosition: _position, ...retrying } = after(retried(1));

  expect(applyEvent(running, { ...base(2, 190), type: 'handed-back' })).toMatchObject({ state: 'running' });
  expect(applyEvent(running, { ...base(2, 210), type: 'handed-back' })).toMatchObject({ state: 'queued' });
  expect(applyEvent(retrying, started(1))).toMatchObject({ state: 'retrying' });
  expect(applyEvent(retrying, started(2))).toMatchObject({ state: 'running' });
});

test('an acceptance that comes last fills in what the job is, and moves nothing', () => {
  const told = { ...base(1, 100), type: 'accepted', payload: 1, delayMs: 50, priority: 'high' } as const;
  const headers = { traceparent: 't' };

  expect(applyEvent(applyEvent(undefined, succeeded(1)), { ...told, headers })).toEqual(
    applyEvent(applyEvent(undefined, { ...told, headers }), succeeded(1)),
  );
});

test('the start of an earlier attempt is not that of the newest', () => {
  expect(after(started(1), retried(1), dead(2))).not.toHaveProperty('startedAt');
});

test('events in any order, any number of times, never leave the table of states and end the same when applied again', () => {
  const anyEvent = fc
    .tuple(fc.constantFrom(started, succeeded, retried, dead), fc.integer({ min: 1, max: 3 }))
    .map(([make, n]) => make(n));
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
      let record: JobRecord = accepted;
      for (const event of events) {
        const next = applyEvent(record, event);
        if (next.state !== record.state) expect(reachable(record.state)).toContain(next.state);
        expect(applyEvent(next, event)).toEqual(next);
        record = next;
      }
    }),
  );
});

test('starts of which no end is known are counted until one is, and told twice they count once', () => {
  const suspected = (start: number, at = 200): JobEvent => ({ ...base(1, at), type: 'suspected', start });
  const crashed: JobEvent = { ...base(1), type: 'crashed', failure, crashes: 2, delayMs: 50 };

  expect(after(suspected(1), started(1), suspected(2, 210), suspected(2, 210))).toMatchObject({
    state: 'running',
    suspectStarts: 2,
  });
  for (const end of [crashed, retried(1), succeeded(1), { ...base(1), type: 'handed-back' } as const])
    expect(after(suspected(1), end)).not.toHaveProperty('suspectStarts');
  expect(after(suspected(1), crashed)).toMatchObject({ state: 'queued', failure, dueAt: 250 });
});

test.each([undefined, 'high', 'low'] as const)(
  'a job that an event tells of is as urgent as that says: %s',
  (priority) => {
    const told = { ...base(1), type: 'accepted', payload: null, delayMs: 0 } as const;

    const record = applyEvent(undefined, priority === undefined ? told : { ...told, priority });

    expect(record.priority).toBe(priority);
  },
);

test('a snoozed job is scheduled again, and no attempt is charged', () => {
  const snoozed = { ...base(1), type: 'snoozed', delayMs: 5_000, snoozes: 1 } as const;

  const record = after(started(1), snoozed);

  expect(record).toMatchObject({
    state: 'scheduled',
    attempt: 1,
    settledAttempt: 0,
    dueAt: snoozed.at + 5_000,
  });
  expect(applyEvent(record, { ...started(1), at: 210 })).toMatchObject({ state: 'running', attempt: 1 });
  expect(after(retried(1), snoozed)).toMatchObject({ state: 'retrying', settledAttempt: 1 });
});

test('the body of a finished job goes as its history policy says; its failure stays', () => {
  const cancelled: RecordableEvent = { ...base(2), type: 'cancelled', state: 'cancelled' };
  const expired: RecordableEvent = { ...base(2), type: 'expired', state: 'expired' };
  const bodyAfter = (history: HistoryPolicy, ...events: readonly RecordableEvent[]) => {
    const { payload, result, headers } = events.reduce<JobRecord>(applyEvent, {
      ...accepted,
      headers: { h: '1' },
      history,
    });
    return [payload, result, headers].filter((part) => part !== undefined).length;
  };

  expect(bodyAfter('all', succeeded(1))).toBe(3);
  expect(bodyAfter('failed', succeeded(1))).toBe(0);
  expect(bodyAfter('failed', cancelled)).toBe(0);
  expect(bodyAfter('failed', expired)).toBe(2);
  expect(bodyAfter('none', expired)).toBe(0);
  expect(bodyAfter('none', retried(1))).toBe(2);
  expect(bodyAfter('none', dead(1))).toBe(2);
  expect(bodyAfter('none', dead(1), started(2))).toBe(2);
  const record = [retried(1), cancelled].reduce<JobRecord>(applyEvent, { ...accepted, history: 'none' });
  expect(record).toMatchObject({ state: 'cancelled', failure });
});

test('an acceptance that comes after the end leaves no body that is not kept', () => {
  const told: RecordableEvent = {
    ...base(1),
    type: 'accepted',
    payload: { a: 1 },
    delayMs: 0,
    history: 'none',
    redact: ['a'],
  };
  const ends = [told, succeeded(1)].reduce<JobRecord | undefined>(applyEvent, undefined);
  const late = [succeeded(1), told, told].reduce<JobRecord | undefined>(applyEvent, undefined);

  expect(late).toEqual(ends);
  expect(late).toMatchObject({ state: 'succeeded', history: 'none', redact: ['a'] });
  expect(late).not.toHaveProperty('payload');
  expect(late).not.toHaveProperty('result');
});
