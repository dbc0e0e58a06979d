import {
  ACCEPTED_HOLD_MS,
  CONTROL_ACTIONS,
  type ControlAction,
  type ControlAnswer,
  type ControlDone,
  type JobEvent,
  type JobMessage,
  type JobReader,
  type JobState,
  type JobStore,
  MAX_JOB_AUDIT,
  type RecordableEvent,
  systemClock,
} from '@leveret/core';
import type { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { sampleEntry, sampleMessage, started, succeeded, superseded, uniqueQueue } from '../sample-job.ts';

/** A ledger that control acts on. */
export interface ControlledLedger {
  store(): JobStore;
  /** Another ledger that shares its jobs. */
  openAnother(): Promise<JobStore>;
  openReader(): Promise<JobReader>;
  /** Keeps ledgers from writing; undefined where nobody can do that. */
  occupy(): Disposable | undefined;
  readonly clock: ReturnType<typeof createManualClock>;
  /** Sets the wall clock of all ledgers forward, or back; the time that passes stays the same. */
  jumpClock(ms: number): void;
}

const DAY_MS = 86_400_000;

/** Who acts in tests. */
export const author = { by: 'ann@desk', reason: 'a test' } as const;

/** Carries out one action. */
export async function act(
  store: JobStore,
  action: ControlAction,
  { id: jobId }: Pick<JobMessage, 'id'>,
): Promise<ControlAnswer> {
  const [answer = expect.unreachable()] = await store.control([{ action, jobId, ...author }]);
  return answer;
}

/** Carries out one action, which must be possible. */
export async function done(...given: Parameters<typeof act>): Promise<ControlDone> {
  const answer = await act(...given);
  return answer.kind === 'done' ? answer : expect.unreachable(answer.reason);
}

/** The superseded messages of a queue. */
export async function supersededOf(store: JobStore, queue: string) {
  const view = await store.view({ instanceId: 'contract', queues: [queue], afterSeq: 0 });
  expect(view.supersededCount).toBe(view.superseded.length);
  return view.superseded;
}

/** The event that the job of `message` was dead-lettered. */
export function deadLettered(message: JobMessage): JobEvent {
  const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;
  return { ...started(message), type: 'dead-lettered', failure };
}

/** The event that the job of `message` is to be retried. */
function retried(message: JobMessage): JobEvent {
  return { ...deadLettered(message), type: 'retried', delayMs: 60_000 } as JobEvent;
}

/** Events by which a job that was accepted comes into a state. `scheduled` is the state of one that is accepted with a delay. */
const LEADING_TO: Readonly<
  Record<Exclude<JobState, 'discarded'>, (message: JobMessage) => RecordableEvent[]>
> = {
  scheduled: () => [],
  queued: (message) => [
    { ...retried(message), type: 'held', delayMs: 60_000, at: 1_800_000_000_000 } as JobEvent,
  ],
  running: (message) => [started(message)],
  retrying: (message) => [retried(message)],
  succeeded: (message) => [succeeded(message)],
  cancelled: (message) => [{ ...started(message), type: 'cancelled', state: 'cancelled' }],
  expired: (message) => [{ ...started(message), type: 'expired', state: 'expired' }],
  dead: (message) => [deadLettered(message)],
};

/** The promises of a ledger about actions on jobs. */
export function describeControlOfJobs(ledger: ControlledLedger): void {
  const { store, openAnother, openReader, occupy, clock } = ledger;

  /** A job in `state`. */
  async function jobIn(state: JobState): Promise<JobMessage> {
    const message = {
      ...sampleMessage(uniqueQueue(), { n: 1 }),
      headers: { traceparent: 't' },
      priority: 'high',
    } as const;
    await store().accept([sampleEntry(message, state === 'scheduled' ? 60_000 : 0)]);
    if (state !== 'discarded') await store().apply(LEADING_TO[state](message));
    else {
      await store().apply([deadLettered(message)]);
      await done(store(), 'discard', message);
    }
    return message;
  }

  /** Has cancelled jobs of the kind of `message` deleted, because their time is over. */
  async function deleteCancelled({ kind }: JobMessage): Promise<void> {
    const keepMs = 1_000;
    await clock.advance(2 * keepMs);
    const rules = [{ kind: { name: kind, isPrefix: false }, state: 'cancelled', keepMs }] as const;
    for (let isMore = true; isMore; )
      ({ isMore } = await store().retention.deleteFinished({ rules, now: clock.now(), limit: 1_000 }));
  }

  const claimAll = async (queue: string) => {
    const claimed = await store().claimUndispatched({ limit: 1_000, maxBytes: 1e7, leaseMs: 1 });
    return claimed.filter(({ message }) => message.queue === queue);
  };

  const allStates: readonly JobState[] = [
    ...(Object.keys(LEADING_TO) as (keyof typeof LEADING_TO)[]),
    'discarded',
  ];
  const cases = (Object.keys(CONTROL_ACTIONS) as ControlAction[]).flatMap((action) =>
    allStates.map((state) => ({ action, state })),
  );

  test.each(cases)(
    '$action of a job that is $state is decided by the table of actions',
    async ({ action, state }) => {
      const message = await jobIn(state);
      const before = await store().get(message.id);
      const { from, to } = CONTROL_ACTIONS[action];

      const answer = await act(store(), action, message);

      const after = await store().get(message.id);
      if (!from.includes(state)) {
        expect(answer).toMatchObject({ kind: 'refused', jobId: message.id, code: 'ACTION_REFUSED' });
        expect(after).toEqual(before);
        return;
      }
      const { generation = 0 } = after ?? {};
      expect(answer).toMatchObject({
        kind: 'done',
        jobId: message.id,
        queue: message.queue,
        before: state,
        after: to,
        generation,
      });
      expect(after).toMatchObject({
        state: to,
        payload: { n: 1 },
        headers: { traceparent: 't' },
        priority: 'high',
      });
      expect(await supersededOf(store(), message.queue)).toEqual(
        generation === (before?.generation ?? 0) ? [] : [{ jobId: message.id, generation: generation - 1 }],
      );
    },
  );

  test('an action on a job that is not known is refused, and changes nothing', async () => {
    const message = sampleMessage(uniqueQueue());

    const answer = await act(store(), 'cancel', message);

    expect(answer).toMatchObject({ kind: 'refused', jobId: message.id, code: 'JOB_NOT_FOUND' });
    expect(await store().get(message.id)).toBeUndefined();
    expect(await store().audit({ jobId: message.id, limit: 1 })).toEqual([]);
  });

  test('requests are carried out in order, and answered in order', async () => {
    const [first, second] = [await jobIn('dead'), await jobIn('dead')];
    const request = (action: ControlAction, { id: jobId }: JobMessage) => ({ action, jobId, ...author });

    const answers = await store().control([
      request('retry', first),
      request('discard', second),
      request('cancel', first),
      request('discard', first),
      request('retry', first),
    ]);

    expect(
      answers.map((answer) => (answer.kind === 'done' ? [answer.jobId, answer.after] : answer.code)),
    ).toEqual([
      [first.id, 'queued'],
      [second.id, 'discarded'],
      [first.id, 'cancelled'],
      'ACTION_REFUSED',
      [first.id, 'queued'],
    ]);
    expect(await store().get(first.id)).toMatchObject({ state: 'queued', generation: 3 });
    expect((await supersededOf(store(), first.queue)).map(({ generation }) => generation)).toEqual([0, 1, 2]);
  });

  test('a job that runs again is published as its next attempt, by the caller or, after the hold, by whoever claims it', async () => {
    const message = await jobIn('dead');

    const { outgoing = expect.unreachable(), generation, seq } = await done(store(), 'retry', message);
    const during = await claimAll(message.queue);
    await clock.advance(ACCEPTED_HOLD_MS);
    const after = await claimAll(message.queue);

    expect(outgoing).toEqual({
      message: { ...message, attempt: 2, maxAttempts: 4, generation: 1, body: outgoing.message.body },
      delayMs: 0,
    });
    expect([...outgoing.message.body]).toEqual([...message.body]);
    expect(await store().get(message.id)).toMatchObject({
      state: 'queued',
      attempt: 1,
      settledAttempt: 1,
      maxAttempts: 4,
    });
    expect({ generation, during, after }).toEqual({ generation: 1, during: [], after: [outgoing] });
    expect((await store().view({ instanceId: 'i', queues: [], afterSeq: 0 })).seq).toBe(seq);
  });

  test('a job that waits for its time runs now, and keeps the attempts that are left', async () => {
    const [scheduled, retrying] = [await jobIn('scheduled'), await jobIn('retrying')];

    const answers = [await done(store(), 'run-now', scheduled), await done(store(), 'run-now', retrying)];

    expect(answers.map(({ outgoing }) => outgoing)).toMatchObject([
      { message: { attempt: 1, maxAttempts: 3 }, delayMs: 0 },
      { message: { attempt: 2, maxAttempts: 3 }, delayMs: 0 },
    ]);
    await clock.advance(ACCEPTED_HOLD_MS);
    expect(await claimAll(scheduled.queue)).toMatchObject([{ delayMs: 0 }]);
    expect(await store().get(scheduled.id)).not.toHaveProperty('dueAt');
  });

  test('a job that is retried loses its result, keeps its last failure, and gets as many attempts again each time', async () => {
    const [well, ill] = [await jobIn('succeeded'), await jobIn('dead')];

    await done(store(), 'retry', well);
    await done(store(), 'retry', ill);
    await store().apply([
      { ...deadLettered({ ...ill, attempt: 2 }), maxAttempts: 4, generation: 1 } as JobEvent,
    ]);
    const { outgoing } = await done(store(), 'retry', ill);

    expect(await store().get(well.id)).not.toHaveProperty('result');
    expect(await store().get(ill.id)).toMatchObject({
      failure: { message: 'disk full' },
      maxAttempts: 5,
      attemptBudget: 3,
    });
    expect(outgoing?.message).toMatchObject({ attempt: 3, maxAttempts: 5, generation: 2 });
  });

  test('a job that is cancelled is not claimed any more, also if the broker never had it', async () => {
    const message = sampleMessage(uniqueQueue());
    await store().accept([sampleEntry(message)]);

    const { outgoing } = await done(store(), 'cancel', message);

    await clock.advance(ACCEPTED_HOLD_MS);
    expect([outgoing, await claimAll(message.queue)]).toEqual([undefined, []]);
  });

  test('a job that is cancelled loses what its history policy does not keep, and cannot run again', async () => {
    const message = sampleMessage(uniqueQueue());
    await store().accept([{ ...sampleEntry(message), history: 'failed' }]);

    await done(store(), 'cancel', message);

    expect(await store().get(message.id)).not.toHaveProperty('payload');
    expect(await act(store(), 'retry', message)).toMatchObject({ kind: 'refused', code: 'ACTION_REFUSED' });
  });

  test('a job under the id of a deleted one, whose message may still come, is of the next generation', async () => {
    const message = sampleMessage(uniqueQueue());
    const entry = { ...sampleEntry(message), isIdGiven: true };
    await store().accept([entry]);
    await done(store(), 'cancel', message);
    await done(store(), 'retry', message);
    await done(store(), 'cancel', message);
    await deleteCancelled(message);
    const deleted = await store().get(message.id);

    const answers = await store().accept([entry]);
    await store().markDispatched([message.id]);

    expect([deleted, answers]).toEqual([undefined, ['new']]);
    expect(await store().get(message.id)).toMatchObject({ state: 'queued', generation: 3 });
    expect(await claimAll(message.queue)).toMatchObject([
      { message: { generation: 3, attempt: 1, maxAttempts: 3 } },
    ]);
    expect(await supersededOf(store(), message.queue)).toHaveLength(3);
  });

  test('a job under the id of a deleted one is of a generation that workers do not take for superseded, also when its messages are gone', async () => {
    const message = sampleMessage(uniqueQueue());
    const entry = { ...sampleEntry(message), isIdGiven: true };
    await store().accept([entry]);
    await done(store(), 'cancel', message);
    await store().apply([superseded(message)]);
    await deleteCancelled(message);

    const letter = { message, failure: { code: 'HANDLER_FAILED', message: 'm' }, properties: '{}' } as const;
    const late = await store().keepDeadLetters([{ ...letter, isReturned: false }], clock.now());
    await store().accept([entry]);

    expect(late).toEqual(['superseded']);
    expect(await store().get(message.id)).toMatchObject({ state: 'queued', generation: 1 });
  });

  test('the acceptance of a deleted job that comes late or once more enters nothing: control has decided on that job', async () => {
    const message = sampleMessage(uniqueQueue());
    await store().accept([sampleEntry(message)]);
    await done(store(), 'cancel', message);
    await deleteCancelled(message);
    const { workerId: _worker, ...base } = started(message);

    const accepted = { ...base, type: 'accepted', payload: 'work', delayMs: 0 } as const;
    await store().apply([accepted]);

    expect(await store().get(message.id)).toBeUndefined();
    expect(await claimAll(message.queue)).toEqual([]);
  });

  test.each([0, 60_000])(
    'a job that was accepted while the ledger was away, under the id of a deleted one and %d ms ahead, is published as the next generation',
    async (delayMs) => {
      const message = sampleMessage(uniqueQueue());
      await store().accept([{ ...sampleEntry(message), isIdGiven: true }]);
      await done(store(), 'cancel', message);
      await deleteCancelled(message);
      const { workerId: _worker, ...base } = started(message);
      const at = clock.now();

      const accepted = { ...base, createdAt: at, at, type: 'accepted', payload: 'work', delayMs } as const;
      await store().apply([accepted, superseded(message)]);
      const before = await store().get(message.id);
      const claimed = await claimAll(message.queue);
      await store().markDispatched([message.id], 1);
      await store().apply([{ ...succeeded({ ...message, attempt: 1 }), generation: 1 }]);

      expect(before).toMatchObject({ state: delayMs === 0 ? 'queued' : 'scheduled', generation: 1 });
      expect(claimed).toMatchObject([{ message: { generation: 1, attempt: 1 }, delayMs }]);
      expect(await store().get(message.id)).toMatchObject({ state: 'succeeded', generation: 1 });
    },
  );

  test('an acceptance that comes late does not prove that a job that runs again was dispatched', async () => {
    const message = sampleMessage(uniqueQueue());
    const letter = { message, failure: { code: 'HANDLER_FAILED', message: 'm' }, properties: '{}' } as const;
    await store().keepDeadLetters([{ ...letter, isReturned: false }], clock.now());
    await done(store(), 'retry', message);
    const { workerId: _worker, ...base } = started(message);

    await store().apply([{ ...base, type: 'accepted', payload: 'work', delayMs: 0, tags: ['eu'] }]);
    await clock.advance(ACCEPTED_HOLD_MS);

    expect(await store().get(message.id)).toMatchObject({ tags: ['eu'], generation: 1 });
    expect(await claimAll(message.queue)).toMatchObject([{ message: { generation: 1 } }]);
  });

  test('that a job was dispatched is recorded by the generation of the message', async () => {
    const message = await jobIn('dead');
    await done(store(), 'retry', message);
    await clock.advance(ACCEPTED_HOLD_MS);

    await store().markDispatched([message.id]);
    await store().markDispatched([message.id], 2);
    const before = await claimAll(message.queue);
    await store().markDispatched([message.id], 1);
    await clock.advance(ACCEPTED_HOLD_MS);

    expect([before.length, await claimAll(message.queue)]).toEqual([1, []]);
  });

  test('events of a lower generation neither change a job nor prove that it was dispatched; one of its generation does', async () => {
    const message = await jobIn('dead');
    const { outgoing = expect.unreachable() } = await done(store(), 'retry', message);
    const before = await store().get(message.id);
    await clock.advance(ACCEPTED_HOLD_MS);

    for (const event of [succeeded(message), started({ ...message, attempt: 7 }), superseded(message)])
      await store().apply([event]);
    const during = [await store().get(message.id), await claimAll(message.queue)];
    await store().apply([{ ...started(outgoing.message), generation: 1 }]);
    await clock.advance(ACCEPTED_HOLD_MS);

    expect(during).toEqual([before, [outgoing]]);
    expect(await claimAll(message.queue)).toEqual([]);
    expect(await store().get(message.id)).toMatchObject({ state: 'running', attempt: 2, generation: 1 });
  });

  test('an outcome of a lower generation is kept with its attempt', async () => {
    const message = await jobIn('running');
    await done(store(), 'cancel', message);

    await store().apply([succeeded(message)]);

    const reader = await openReader();
    onTestFinished(() => reader.close());
    const { job, attempts } = (await reader.get(message.id)) ?? expect.unreachable();
    expect([job.state, attempts]).toMatchObject([
      'cancelled',
      [{ generation: 0, attempt: 1, outcome: 'succeeded' }],
    ]);
  });

  test('a superseded message is in the view until an event says that it is gone, and that event makes no job', async () => {
    const message = await jobIn('queued');
    const unknown = sampleMessage(message.queue);
    await done(store(), 'cancel', message);
    await done(store(), 'retry', message);

    await store().apply([started(message), retried(message), superseded(unknown)]);
    const first = await supersededOf(store(), message.queue);
    await store().apply([superseded(message)]);
    const second = await supersededOf(store(), message.queue);
    await store().apply([
      superseded({ ...message, generation: 1 }),
      superseded({ ...message, generation: 1 }),
    ]);

    const [old, newer] = [0, 1].map((generation) => ({ jobId: message.id, generation }));
    expect([first, second, await supersededOf(store(), message.queue)]).toEqual([[old, newer], [newer], []]);
    expect(await store().get(unknown.id)).toBeUndefined();
  });

  test.each([succeeded, deadLettered] as const)(
    'a run that went on to its end although its job was superseded says that its message is gone',
    async (end) => {
      const message = await jobIn('running');
      await done(store(), 'cancel', message);
      await done(store(), 'retry', message);

      await store().apply([end(message)]);

      expect(await supersededOf(store(), message.queue)).toEqual([{ jobId: message.id, generation: 1 }]);
    },
  );

  /** Has the ledger look for entries whose time is over: some go with each call, and those of other tests go first. */
  async function purge(): Promise<void> {
    const worker = {
      ...{ instanceId: 'purging', workerId: 'w', host: 'h', pid: 1, version: '1', queues: [], kinds: [] },
      ...{ concurrency: 1, startedAt: 0 },
    };
    for (let call = 0; call < 40; call += 1) await store().noteWorker(worker);
  }

  /** Whether the message of a queue is in the view until so many days have passed, and not longer. */
  async function expectKeptForDays({ queue }: JobMessage, days: number): Promise<void> {
    await clock.advance(days * DAY_MS - 1);
    await purge();
    const before = await supersededOf(store(), queue);
    await clock.advance(1);
    await purge();

    expect([before.length, await supersededOf(store(), queue)]).toEqual([1, []]);
  }

  test.each([2, 60])(
    'a superseded message that is never seen, and was due in %d days, is in the view for 30 days after that',
    async (days) => {
      const message = sampleMessage(uniqueQueue());
      await store().accept([sampleEntry({ ...message, createdAt: clock.now() }, days * DAY_MS)]);
      await done(store(), 'cancel', message);

      await expectKeptForDays(message, days + 30);
    },
  );

  test('a message that is made by a run of a superseded job, as the ledger learns later, is in the view for 30 days after it is due', async () => {
    const message = await jobIn('running');
    const snoozed: JobEvent = { ...started(message), type: 'snoozed', delayMs: 60 * DAY_MS, snoozes: 1 };
    await done(store(), 'cancel', message);

    await store().apply([snoozed, { ...snoozed, delayMs: DAY_MS }]);

    await expectKeptForDays(message, 90);
  });

  test('starts of a superseded job are settled, and do not count for its next generation', async () => {
    const message = await jobIn('retrying');
    const request = {
      ...{ queue: message.queue, jobId: message.id, attempt: 2, instanceId: 'a', run: 0 },
      ...{ returnCount: 1, isApart: false, goneIds: ['a'], endedIds: [] },
    };
    await store().begin([request]);

    await done(store(), 'run-now', message);
    const answers = await store().begin([
      { ...request, instanceId: 'b' },
      { ...request, instanceId: 'b', generation: 1 },
    ]);

    expect(answers).toEqual([{ kind: 'settled' }, { kind: 'granted', openStarts: 0, newestAgeMs: 0 }]);
  });

  test('what is done is in the audit, newest first, and what is refused is not', async () => {
    const message = await jobIn('dead');

    await done(store(), 'discard', message);
    await act(store(), 'cancel', message);
    await store().control([{ action: 'restore', jobId: message.id, by: 'bob' }]);

    const entries = await store().audit({ jobId: message.id, limit: 10 });
    const [restored = expect.unreachable(), discarded] = entries;
    const job = { at: clock.now(), jobId: message.id, queue: message.queue };
    expect(entries).toEqual([
      { seq: restored.seq, ...job, by: 'bob', action: 'restore', before: 'discarded', after: 'dead' },
      { seq: discarded?.seq, ...job, ...author, action: 'discard', before: 'dead', after: 'discarded' },
    ]);
    expect(await store().audit({ jobId: message.id, limit: 1 })).toEqual([restored]);
    expect(await store().audit({ jobId: message.id, beforeSeq: restored.seq, limit: 9 })).toEqual([
      discarded,
    ]);
    expect(await store().audit({ beforeSeq: restored.seq + 1, limit: 1 })).toEqual([restored]);
  });

  test('the audit is read from the last entry before a moment on', async () => {
    const message = await jobIn('dead');
    await done(store(), 'discard', message);
    await clock.advance(1_000);
    await done(store(), 'restore', message);
    const at = clock.now();
    const actionsBefore = async (beforeAt: number, more: { jobId?: string; beforeSeq?: number } = {}) =>
      (await store().audit({ beforeAt, limit: 2, ...more })).map(({ action }) => action);

    expect(await actionsBefore(at + 1, { jobId: message.id })).toEqual(['restore', 'discard']);
    expect(await actionsBefore(at, { jobId: message.id })).toEqual(['discard']);
    expect((await actionsBefore(at))[0]).toBe('discard');
    const [{ seq } = expect.unreachable()] = await store().audit({ beforeAt: at, limit: 1 });
    expect(await actionsBefore(at + 1, { jobId: message.id, beforeSeq: seq })).toEqual([]);
    expect(await actionsBefore(0)).toEqual([]);
  });

  test('a job is read with the newest 100 entries of its audit, and without any when nothing was done', async () => {
    const [message, untouched] = [await jobIn('dead'), await jobIn('dead')];
    for (let round = 0; round < 51; round += 1) {
      await done(store(), 'discard', message);
      await done(store(), 'restore', message);
    }
    const reader = await openReader();

    expect((await reader.get(message.id))?.audit).toEqual(
      await store().audit({ jobId: message.id, limit: MAX_JOB_AUDIT }),
    );
    expect(await reader.get(untouched.id)).not.toHaveProperty('audit');
    await reader.close();
  });

  test('limits and reasons out of bounds are refused', async () => {
    for (const limit of [0, 1_001, 1.5]) await expect(store().audit({ limit })).rejects.toThrow(RangeError);
    const request = { action: 'cancel', jobId: 'j', by: 'ann', reason: 'x'.repeat(1_001) } as const;
    await expect(store().control([request])).rejects.toThrow(RangeError);
  });

  test('while the ledger cannot be written, actions are refused within 2.5 s, and nothing is done', async ({
    skip,
  }) => {
    const message = await jobIn('dead');
    const operation = await store().createOperation({ action: 'retry', selection: 'all', ...author });
    const before = await store().get(message.id);
    using occupied = occupy();
    skip(occupied === undefined, 'nobody can keep this ledger from writing');
    const since = systemClock.monotonic();

    const refused = await Promise.allSettled([
      act(store(), 'retry', message),
      store().pauseQueue({ queue: message.queue, ...author }),
      store().resumeQueue({ queue: message.queue, ...author }),
      store().createOperation({ action: 'retry', selection: 'all', ...author }),
      store().addToOperation(operation.id, [message.id]),
      store().runOperation(operation.id),
      store().stopOperation(operation.id, author),
      store().noteUnaware(operation.id, [{ workerId: 'w', lastStartAt: 1 }]),
      store().claimOperation({ operationId: operation.id, holder: 'a', leaseMs: 1 }),
      store().workOperation({ operationId: operation.id, holder: 'a', leaseMs: 1, limit: 1 }),
      store().discardSetAside({ kind: 'messages', seqs: [1], by: 'ann' }),
    ]);

    expect(systemClock.monotonic() - since).toBeLessThan(2_500);
    for (const outcome of refused)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'STORE_UNAVAILABLE' } });
    occupied?.[Symbol.dispose]();
    expect(await store().get(message.id)).toEqual(before);
    expect(await store().operation(operation.id)).toEqual(operation);
    expect(await store().pauses()).toEqual([]);
    await done(store(), 'retry', message);
  });

  test('of two ledgers that cancel a job at the same time, one does it', async () => {
    const message = await jobIn('running');
    const another = await openAnother();

    const answers = await Promise.all([act(store(), 'cancel', message), act(another, 'cancel', message)]);

    expect(answers.map(({ kind }) => kind).sort()).toEqual(['done', 'refused']);
    expect(await store().get(message.id)).toMatchObject({ state: 'cancelled', generation: 1 });
    expect(await supersededOf(another, message.queue)).toHaveLength(1);
    await another.close();
  });

  test('of a cancel and an outcome at the same time, the first one counts', async () => {
    const another = await openAnother();

    for (let round = 0; round < 10; round += 1) {
      const message = await jobIn('running');
      const [answer] = await Promise.all([
        act(store(), 'cancel', message),
        another.apply([succeeded(message)]),
      ]);
      const { state } = (await store().get(message.id)) ?? expect.unreachable();

      expect(state).toBe(answer.kind === 'done' ? 'cancelled' : 'succeeded');
      expect(await supersededOf(store(), message.queue)).toEqual([]);
    }
    await another.close();
  });
}
