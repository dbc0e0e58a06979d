import { expect, test } from 'vitest';
import { JOB_STATES, type JobState } from '../job/states.ts';
import type { JobRecord } from '../ledger/job-record.ts';
import { CONTROL_ACTIONS, type ControlAction } from './control-request.ts';
import { decideControl, nextAttemptOf } from './supersede.ts';

const NOW = 1_000;
const ACTIONS = Object.keys(CONTROL_ACTIONS) as ControlAction[];
const STATES = Object.keys(JOB_STATES) as JobState[];
const failure = { code: 'HANDLER_FAILED', message: 'm' } as const;

function recordOf(over: Partial<JobRecord>): JobRecord {
  const base = { id: 'j', kind: 'k', queue: 'q', createdAt: 1, updatedAt: 5, payload: 1 };
  return { ...base, state: 'queued', attempt: 0, maxAttempts: 3, settledAttempt: 0, ...over };
}

function changed(over: Partial<JobRecord>, action: ControlAction) {
  const decision = decideControl(recordOf(over), action, NOW);
  if (decision.kind !== 'change') throw new Error(decision.reason);
  return decision;
}

test.each(ACTIONS.flatMap((action) => STATES.map((state) => [action, state] as const)))(
  '%s of a job that is %s is done only where the tables of actions and states allow it',
  (action, state) => {
    const { from, to } = CONTROL_ACTIONS[action];
    const decision = decideControl(recordOf({ state, dueAt: NOW + 1 }), action, NOW);

    expect(decision.kind).toBe(from.includes(state) ? 'change' : 'refused');
    if (decision.kind === 'change') expect([to, state]).toContain(decision.record.state);
    if (from.includes(state) && state !== to) expect(JOB_STATES[state].next).toContain(to);
  },
);

test('a cancelled job is of the next generation, and has nothing left of a run', () => {
  const running = { attempt: 2, settledAttempt: 1, startedAt: 4, runsOn: 'w', progress: 0.5, generation: 1 };
  const position = { attempt: 2, phase: 'progress', run: 0, at: 4 } as const;
  const { record, ...rest } = changed(
    { state: 'running', ...running, newest: position, failure, suspectStarts: 1 },
    'cancel',
  );

  expect(rest).toEqual({ kind: 'change', isSuperseded: true, runsAgain: false });
  expect(record).toEqual(
    recordOf({
      state: 'cancelled',
      attempt: 2,
      settledAttempt: 1,
      startedAt: 4,
      generation: 2,
      failure,
      updatedAt: NOW,
      finishedAt: NOW,
    }),
  );
});

test('a job that is run now keeps the attempts that are left', () => {
  const { record, runsAgain } = changed(
    { state: 'retrying', attempt: 2, settledAttempt: 2, dueAt: NOW + 5, failure },
    'run-now',
  );

  expect(runsAgain).toBe(true);
  expect(record).toEqual(
    recordOf({
      state: 'queued',
      attempt: 2,
      settledAttempt: 2,
      generation: 1,
      failure,
      updatedAt: NOW,
    }),
  );
  expect(nextAttemptOf(record)).toBe(3);
});

test('a snoozed attempt that is run now is not charged', () => {
  const { record } = changed(
    { state: 'scheduled', attempt: 2, settledAttempt: 1, dueAt: NOW + 5 },
    'run-now',
  );

  expect(nextAttemptOf(record)).toBe(2);
});

test('a job that is due already is not run now: its message waits for a worker', () => {
  expect(decideControl(recordOf({ state: 'queued' }), 'run-now', NOW)).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('due already'),
  });
});

test('attempts continue to count over retries, and each retry gives as many as there were at first', () => {
  const once = changed(
    { state: 'dead', attempt: 3, settledAttempt: 3, failure, finishedAt: 6 },
    'retry',
  ).record;
  expect(once).toEqual(
    recordOf({
      attempt: 3,
      settledAttempt: 3,
      maxAttempts: 6,
      attemptBudget: 3,
      generation: 1,
      failure,
      updatedAt: NOW,
    }),
  );

  const twice = changed({ ...once, state: 'dead', attempt: 6, settledAttempt: 6 }, 'retry').record;
  expect([nextAttemptOf(twice), twice.maxAttempts, twice.generation]).toEqual([7, 9, 2]);
});

test('an attempt that had begun when its job was cancelled is not counted again', () => {
  const { record } = changed({ state: 'cancelled', attempt: 2, settledAttempt: 1, generation: 1 }, 'retry');

  expect([nextAttemptOf(record), record.maxAttempts]).toEqual([3, 5]);
});

test('a job that succeeded loses its result when it runs again', () => {
  const { record } = changed({ state: 'succeeded', attempt: 1, settledAttempt: 1, result: 'r' }, 'retry');

  expect(record).not.toHaveProperty('result');
});

test('discard and restore change the state alone', () => {
  const dead = { state: 'dead', attempt: 3, settledAttempt: 3, failure, finishedAt: 6 } as const;
  const discarded = changed(dead, 'discard');

  expect(discarded).toEqual({
    kind: 'change',
    isSuperseded: false,
    runsAgain: false,
    record: recordOf({ ...dead, state: 'discarded', updatedAt: NOW }),
  });
  expect(changed(discarded.record, 'restore').record).toEqual(recordOf({ ...dead, updatedAt: NOW }));
});

test('a job without its payload can neither run again nor be restored, and can be cancelled', () => {
  const { payload: _payload, ...bare } = recordOf({ state: 'retrying', dueAt: NOW + 1 });

  expect(decideControl(bare, 'run-now', NOW)).toMatchObject({ kind: 'refused' });
  expect(decideControl({ ...bare, state: 'discarded' }, 'restore', NOW)).toMatchObject({ kind: 'refused' });
  expect(decideControl(bare, 'cancel', NOW)).toMatchObject({ kind: 'change' });
});

test('a clock that went back does not move a job back', () => {
  expect(changed({ state: 'queued', updatedAt: NOW + 50 }, 'cancel').record.updatedAt).toBe(NOW + 50);
});
