import { type JobMessage, type JobStore, MAX_UNAWARE_NAMED, type OperationRequest } from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { sampleEntry, sampleMessage, uniqueQueue } from '../sample-job.ts';
import { act, author, type ControlledLedger, deadLettered } from './job-store-control.ts';

const LEASE_MS = 5_000;

/** The promises of a ledger about actions on many jobs. */
export function describeControlOperations(ledger: ControlledLedger): void {
  const { store, openAnother, clock, jumpClock } = ledger;
  const request: OperationRequest = { action: 'retry', selection: 'state:dead', ...author };

  async function deadJobs(count: number): Promise<readonly JobMessage[]> {
    const queue = uniqueQueue();
    const messages = Array.from({ length: count }, () => sampleMessage(queue));
    await store().accept(messages.map((message) => sampleEntry(message)));
    await store().apply(messages.map(deadLettered));
    return messages;
  }

  /** An operation that runs, on these jobs. */
  async function started(messages: readonly JobMessage[], over: Partial<OperationRequest> = {}) {
    const { id } = await store().createOperation({ ...request, ...over });
    await store().addToOperation(
      id,
      messages.map((message) => message.id),
    );
    return (await store().runOperation(id)) ?? expect.unreachable();
  }

  const claimOf = (operationId: string, holder = 'a') => ({ operationId, holder, leaseMs: LEASE_MS });
  const work = (operationId: string, limit = 100, { holder = 'a', ledger = store() } = {}) =>
    ledger.workOperation({ ...claimOf(operationId, holder), limit });
  const outcomesOf = async (operationId: string, ledger: JobStore = store()) =>
    (await ledger.operationItems(operationId, 1, 1_000)).map(({ outcome }) => outcome);

  test('an operation is created without jobs, takes each job once, and runs with those it has', async () => {
    const [a, b, c] = await deadJobs(3);
    const ids = [a, b, c].map((message) => message?.id ?? '');

    const created = await store().createOperation({ ...request, perSecond: 5 });
    await store().addToOperation(created.id, [...ids.slice(0, 2), ...ids.slice(0, 1)]);
    await store().addToOperation(created.id, ids.slice(1));
    const running = await store().runOperation(created.id);
    await store().addToOperation(created.id, [sampleMessage('ledger').id]);

    const counts = { total: 0, done: 0, skipped: 0, failed: 0, unaware: [] };
    expect(created).toEqual({
      ...{ ...request, perSecond: 5, ...counts, id: created.id, state: 'collecting', createdAt: clock.now() },
    });
    expect(running).toEqual({ ...created, state: 'running', total: 3 });
    expect(await store().runOperation(created.id)).toEqual(running);
    expect(await store().operation(created.id)).toEqual(running);
    expect(await store().operationItems(created.id, 1, 10)).toEqual(
      ids.map((jobId, index) => ({ number: index + 1, jobId, outcome: 'waiting' })),
    );
    expect(await store().operationItems(created.id, 2, 1)).toMatchObject([{ number: 2 }]);
    await store().stopOperation(created.id, author);
  });

  test('an operation names the workers that do not ask, each with its newest start, also after it has ended', async () => {
    const { id } = await store().createOperation(request);
    const old = { workerId: 'old', host: 'web-2', version: '0.9', lastStartAt: 5 };

    await store().noteUnaware(id, [old, { workerId: 'foreign', lastStartAt: 1 }]);
    await store().runOperation(id);
    await store().noteUnaware(id, [
      { ...old, lastStartAt: 7 },
      { ...old, lastStartAt: 6 },
    ]);
    await store().noteUnaware(id, []);
    await store().noteUnaware(sampleMessage('ledger').id, [old]);

    const unaware = [
      { workerId: 'foreign', lastStartAt: 1 },
      { ...old, lastStartAt: 7 },
    ];
    expect(await store().operation(id)).toMatchObject({ state: 'done', unaware });
    expect(await store().operations(1)).toMatchObject([{ id, unaware }]);
  });

  test('an operation names at most so many workers: those that started a job last', async () => {
    const { id } = await store().createOperation(request);
    const workers = Array.from({ length: MAX_UNAWARE_NAMED + 20 }, (_, index) => ({
      workerId: `w${index}`,
      lastStartAt: index,
    }));

    await store().noteUnaware(id, workers);

    const { unaware = [] } = (await store().operation(id)) ?? {};
    expect(unaware).toHaveLength(MAX_UNAWARE_NAMED);
    expect(Math.min(...unaware.map(({ lastStartAt }) => lastStartAt))).toBe(20);
  });

  test('an operation without jobs is done when it is to run, and one that is not known is undefined', async () => {
    const { id } = await store().createOperation(request);

    const ran = await store().runOperation(id);

    expect(ran).toMatchObject({ state: 'done', finishedAt: clock.now(), total: 0 });
    const unknown = sampleMessage('ledger').id;
    await store().addToOperation(unknown, [id]);
    expect([await store().operation(unknown), await store().runOperation(unknown)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(await store().stopOperation(unknown, author)).toBeUndefined();
    expect(await work(unknown)).toEqual({ answers: [] });
    expect(await store().operationItems(unknown, 1, 1)).toEqual([]);
  });

  test('an operation is carried out step by step, each job once, in the order in which they were chosen', async () => {
    const messages = await deadJobs(3);
    const [, second = expect.unreachable()] = messages;
    await act(store(), 'discard', second);
    const { id } = await started(messages, { action: 'discard' });

    const first = await work(id, 2);
    const last = await work(id, 2);

    expect(first.answers).toMatchObject([
      { kind: 'done', jobId: messages[0]?.id, after: 'discarded' },
      { kind: 'refused', jobId: second.id, code: 'ACTION_REFUSED' },
    ]);
    expect(first.operation).toMatchObject({ state: 'running', total: 3, done: 1, skipped: 1, failed: 0 });
    expect(last.answers).toMatchObject([{ kind: 'done', jobId: messages[2]?.id }]);
    expect(last.operation).toMatchObject({ state: 'done', done: 2, skipped: 1, finishedAt: clock.now() });
    expect(await store().operationItems(id, 1, 10)).toMatchObject([
      { outcome: 'done' },
      { outcome: 'skipped', reason: expect.stringContaining('discarded') },
      { outcome: 'done' },
    ]);
    expect(await work(id)).toEqual({ operation: last.operation, answers: [] });
  });

  test('jobs that an operation has run again are given to the caller, and are in the audit', async () => {
    const [message = expect.unreachable()] = await deadJobs(1);
    const { id } = await started([message]);

    const { answers } = await work(id);

    expect(answers).toMatchObject([{ outgoing: { message: { id: message.id, attempt: 2, generation: 1 } } }]);
    expect(await store().get(message.id)).toMatchObject({ state: 'queued', generation: 1 });
    expect(await store().audit({ jobId: message.id, limit: 1 })).toMatchObject([
      { ...author, action: 'retry', operationId: id },
    ]);
  });

  test('the audit lists what an operation did to its jobs only for a job and for the operation', async () => {
    const messages = await deadJobs(3);
    const [first = expect.unreachable()] = messages;
    const { id } = await started(messages);
    await work(id);
    const start = { ...author, action: 'start-operation', operationId: id };
    const ofJob = { ...author, action: 'retry', operationId: id, before: 'dead', after: 'queued' };

    const [newest] = await store().audit({ limit: 1 });
    expect(newest).toMatchObject({ ...start, detail: 'retry of 3 jobs' });
    expect(await store().audit({ limit: 1, beforeAt: clock.now() + 1 })).toEqual([newest]);
    expect(await store().audit({ operationId: id, limit: 10 })).toMatchObject([
      ...messages.toReversed().map((message) => ({ ...ofJob, jobId: message.id })),
      start,
    ]);
    expect(await store().audit({ operationId: id, limit: 1, beforeSeq: (newest?.seq ?? 0) + 1 })).toEqual([
      newest,
    ]);
    expect(await store().audit({ jobId: first.id, limit: 10 })).toMatchObject([ofJob]);
    expect(await store().audit({ jobId: first.id, operationId: id, limit: 10 })).toMatchObject([ofJob]);
    expect(
      await store().audit({ jobId: first.id, operationId: sampleMessage('mail').id, limit: 10 }),
    ).toEqual([]);
  });

  test('a step ends early when the payloads of its jobs are large', async () => {
    const large = Array.from({ length: 6 }, () => sampleMessage('ledger', 'x'.repeat(1_000_000)));
    await store().accept(large.map((message) => sampleEntry(message)));
    await store().apply(large.map(deadLettered));
    const { id } = await started(large);

    const first = await work(id, 6);
    const second = await work(id, 6);

    expect(first.answers.length).toBeLessThan(6);
    expect(first.answers.length + second.answers.length).toBe(6);
    expect(second.operation).toMatchObject({ state: 'done', done: 6 });
  });

  test('an operation is given to one holder at a time, who may take it again; then the lease has to run out', async () => {
    const messages = await deadJobs(4);
    const { id } = await started(messages);

    const mine = await store().claimOperation(claimOf(id));
    const again = await store().claimOperation(claimOf(id));
    const other = await store().claimOperation(claimOf(id, 'b'));
    const refused = await work(id, 1, { holder: 'b' });
    await clock.advance(LEASE_MS - 1);
    await work(id, 1);
    await clock.advance(LEASE_MS - 1);
    const renewed = await store().claimOperation(claimOf(id, 'b'));
    await clock.advance(1);
    const free = await store().claimOperation(claimOf(id, 'b'));
    const lost = await work(id, 1);

    expect([mine?.id, again?.id, other, renewed, free?.id]).toEqual([id, id, undefined, undefined, id]);
    expect([refused, lost]).toEqual([{ answers: [] }, { answers: [] }]);
    expect(await outcomesOf(id)).toEqual(['done', 'waiting', 'waiting', 'waiting']);
    await store().stopOperation(id, author);
  });

  test('a claim without an id gets the oldest running operation that no other holder has', async () => {
    const [a, b] = [await started(await deadJobs(1)), await started(await deadJobs(1))];
    const { id: collecting } = await store().createOperation(request);
    const next = async (holder: string) => (await store().claimOperation({ holder, leaseMs: LEASE_MS }))?.id;

    const given = [await next('x'), await next('y'), await next('z'), await next('x')];

    expect(given).toEqual([a.id, b.id, undefined, a.id]);
    expect(await store().claimOperation(claimOf(collecting))).toBeUndefined();
    for (const id of [a.id, b.id, collecting]) await store().stopOperation(id, author);
  });

  test('an operation that is stopped leaves its other jobs as they are, and cannot be claimed', async () => {
    const messages = await deadJobs(2);
    const { id } = await started(messages);
    await work(id, 1);

    const stopped = await store().stopOperation(id, { by: 'bob' });

    expect(stopped).toMatchObject({ state: 'stopped', done: 1, finishedAt: clock.now() });
    expect(await store().stopOperation(id, author)).toEqual(stopped);
    expect(await store().claimOperation(claimOf(id))).toBeUndefined();
    expect(await work(id)).toEqual({ operation: stopped, answers: [] });
    expect(await outcomesOf(id)).toEqual(['done', 'waiting']);
    expect(await store().get(messages[1]?.id ?? '')).toMatchObject({ state: 'dead' });
    const [entry] = await store().audit({ limit: 1 });
    expect(entry).toMatchObject({ by: 'bob', action: 'stop-operation', operationId: id });
  });

  test('an operation can be stopped before it runs, and then does not run', async () => {
    const { id } = await store().createOperation(request);
    await store().addToOperation(id, [sampleMessage('ledger').id]);

    const stopped = await store().stopOperation(id, author);

    expect(stopped).toMatchObject({ state: 'stopped', total: 1 });
    expect(await store().runOperation(id)).toEqual(stopped);
  });

  test('an operation to which nothing is added for an hour is stopped: its process has died', async () => {
    const { id } = await store().createOperation(request);
    await clock.advance(3_000_000);
    await store().addToOperation(id, [sampleMessage('ledger').id]);

    await clock.advance(3_599_999);
    await store().claimOperation({ holder: 'a', leaseMs: LEASE_MS });
    const before = await store().operation(id);
    await clock.advance(1);
    await store().claimOperation({ holder: 'a', leaseMs: LEASE_MS });

    expect(before).toMatchObject({ state: 'collecting' });
    expect(await store().operation(id)).toMatchObject({ state: 'stopped', finishedAt: clock.now() });
  });

  test('operations are listed newest first', async () => {
    const { id: older } = await store().createOperation(request);
    const { id: newer } = await store().createOperation(request);

    const listed = await store().operations(2);

    expect(listed.map(({ id }) => id)).toEqual([newer, older]);
    for (const id of [older, newer]) await store().stopOperation(id, author);
  });

  test('two ledgers that work on one operation at the same time do each job once', async () => {
    const another = await openAnother();
    onTestFinished(() => another.close());
    const messages = await deadJobs(40);
    const { id } = await started(messages);
    const untilDone = async (ledger: JobStore, holder: string) => {
      for (let state = 'running'; state === 'running'; ) {
        await work(id, 3, { holder, ledger });
        state = (await ledger.operation(id))?.state ?? '';
        // Each takes it over from the other, as from one that died.
        await clock.advance(LEASE_MS);
      }
    };

    await Promise.all([untilDone(store(), 'a'), untilDone(another, 'b')]);

    expect(await store().operation(id)).toMatchObject({ state: 'done', done: 40, skipped: 0, failed: 0 });
    for (const message of messages)
      expect(await store().get(message.id)).toMatchObject({ state: 'queued', generation: 1 });
  });

  test('of two operators who act on the same jobs at the same time, one does each job, and the other skips it', async () => {
    const another = await openAnother();
    onTestFinished(() => another.close());
    const messages = await deadJobs(30);
    const [first, second] = [await started(messages), await started(messages, { by: 'bob' })];
    const untilDone = async (id: string, ledger: JobStore) => {
      while ((await ledger.operation(id))?.state === 'running') await work(id, 4, { ledger });
      return (await ledger.operation(id)) ?? expect.unreachable();
    };

    const ended = await Promise.all([untilDone(first.id, store()), untilDone(second.id, another)]);

    expect(ended.map(({ state, failed }) => [state, failed])).toEqual([
      ['done', 0],
      ['done', 0],
    ]);
    expect(ended.map(({ done, skipped }) => done + skipped)).toEqual([30, 30]);
    expect(ended.reduce((sum, { done }) => sum + done, 0)).toBe(30);
    for (const message of messages)
      expect(await store().get(message.id)).toMatchObject({ state: 'queued', generation: 1 });
  });

  test('an operation that is stopped at its last job has done that job, or left it as it is', async () => {
    const another = await openAnother();
    onTestFinished(() => another.close());
    for (let round = 0; round < 10; round += 1) {
      const messages = await deadJobs(2);
      const { id } = await started(messages);
      await work(id, 1);

      await Promise.all([work(id), another.stopOperation(id, author)]);

      const operation = (await store().operation(id)) ?? expect.unreachable();
      const isDone = operation.state === 'done';
      expect(operation).toMatchObject(isDone ? { done: 2 } : { state: 'stopped', done: 1 });
      expect(await outcomesOf(id)).toEqual(['done', isDone ? 'done' : 'waiting']);
      expect(await store().get(messages[1]?.id ?? '')).toMatchObject({ state: isDone ? 'queued' : 'dead' });
    }
  });

  test.each([3_600_000, -3_600_000])(
    'a clock that jumps by %d ms undoes no lease, pause or decision, and strands none',
    async (jumpMs) => {
      const another = await openAnother();
      onTestFinished(() => another.close());
      const [message = expect.unreachable()] = await deadJobs(1);
      const { queue } = message;
      const { id } = await started([message]);
      await another.pauseQueue({ queue, ...author });
      await another.control([{ action: 'retry', jobId: message.id, ...author }]);
      await another.claimOperation(claimOf(id));

      jumpClock(jumpMs);
      const during = await store().claimOperation(claimOf(id, 'b'));
      const view = await another.view({ instanceId: 'i', queues: [queue], afterSeq: 0 });
      const cancelled = await act(store(), 'cancel', message);
      await clock.advance(LEASE_MS);
      const after = await store().claimOperation(claimOf(id, 'b'));

      expect(during).toBeUndefined();
      expect(view).toMatchObject({ superseded: [{ jobId: message.id, generation: 0 }], paused: [{ queue }] });
      expect(cancelled).toMatchObject({ kind: 'done', before: 'queued', after: 'cancelled' });
      expect(after).toMatchObject({ id });
      expect(await another.resumeQueue({ queue, ...author })).toMatchObject({ isChanged: true });
      await another.stopOperation(id, author);
    },
  );

  test('limits out of bounds are refused', async () => {
    const ids = Array.from({ length: 1_001 }, () => 'j');
    const calls = [
      () => store().operations(0),
      () => store().operations(501),
      () => store().operationItems('o', 1, 1_001),
      () => store().addToOperation('o', ids),
      () => store().createOperation({ ...request, perSecond: 0 }),
      () => store().createOperation({ ...request, perSecond: 100_001 }),
      () => store().stopOperation('o', { by: 'ann', reason: 'x'.repeat(1_001) }),
    ];

    for (const call of calls) await expect(call()).rejects.toThrow(RangeError);
  });
}
