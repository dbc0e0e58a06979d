import { createControl } from '@leveret/control';
import {
  type JobReader,
  LeveretError,
  NOTHING_DECIDED,
  silentLogger,
  sleep,
  systemClock,
} from '@leveret/core';
import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import type { WorkerStore } from '@leveret/worker';
import { describe, test, vi } from 'vitest';
import { type Carrier, openControlBench, strange, work } from './control-bench.ts';

/** How long the answer of an action may take, in milliseconds: views run out after 1.2 s, and a busy machine gets more. */
const ANSWER_MS = 4_000;
/** How long it is waited whether something runs that must not, in milliseconds. */
const QUIET_MS = 1_000;

const carriers: readonly Carrier[] = ['sqlite', 'rabbitmq'];

async function timed<T>(action: Promise<T>): Promise<{ readonly answer: T; readonly ms: number }> {
  const since = systemClock.monotonic();
  const answer = await action;
  return { answer, ms: systemClock.monotonic() - since };
}

/** The ledger as workers before generations see it: they are not noted, and whatever was decided, they do not know. */
function ofEarlierVersion(store: WorkerStore): WorkerStore {
  return { ...store, noteWorker: async () => undefined, view: async () => NOTHING_DECIDED };
}

describe.concurrent.each(carriers)('control on %s', (carrier) => {
  const skip = carrier === 'rabbitmq' && !hasRabbitmq();

  test.skipIf(skip)(
    'a job that is cancelled before it starts never runs, and its message goes',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      const { id: queued } = await bench.client.enqueue(work, 'succeed');
      const { id: delayed } = await bench.client.enqueue(work, 'succeed', { delayMs: 1_000 });

      for (const id of [queued, delayed])
        expect(await bench.act('cancel', id)).toMatchObject({ after: 'cancelled', generation: 1 });
      await bench.startWorker();
      const { id: last } = await bench.client.enqueue(work, 'succeed', { delayMs: 1_500 });

      await bench.expectState(last, 'succeeded');
      expect(bench.ran.map(({ id }) => id)).toEqual([last]);
      const view = { instanceId: 'x', queues: ['work'], afterSeq: 0 };
      await expect
        .poll(async () => (await bench.store.view(view)).supersededCount, { timeout: 10_000 })
        .toBe(0);
    },
  );

  test.skipIf(skip)(
    'a worker that runs already confirms a cancel at once, and does not start the job',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      await bench.startWorker();
      const { id } = await bench.client.enqueue(work, 'fail');
      await bench.expectState(id, 'retrying');

      const { answer, ms } = await timed(bench.act('cancel', id));

      expect(answer).toMatchObject({ before: 'retrying', after: 'cancelled', silent: [] });
      expect(answer.confirmed).toHaveLength(1);
      expect(ms).toBeLessThan(ANSWER_MS);
      await expect(bench.act('cancel', id)).rejects.toMatchObject({ code: 'ACTION_REFUSED' });
    },
  );

  test.skipIf(skip)(
    'a job that runs is aborted with a reason that says so, and its attempt tells how it ended',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      await bench.startWorker();
      const { id } = await bench.client.enqueue(work, 'hang');
      await bench.expectState(id, 'running');

      expect(await bench.act('cancel', id)).toMatchObject({ before: 'running', after: 'cancelled' });

      await expect
        .poll(async () => (await bench.reader.get(id))?.attempts[0]?.outcome, { timeout: 10_000 })
        .toBe('cancelled');
      expect(bench.runsOf(id)).toEqual([{ id, attempt: 1, abortedFor: 'JOB_CANCELLED' }]);
      expect((await bench.reader.get(id))?.job).toMatchObject({ state: 'cancelled', generation: 1 });
    },
  );

  test.skipIf(skip)(
    'a job that waits for its retry runs now, once, and its old message is not run',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      await bench.startWorker();
      const { id } = await bench.client.enqueue(work, 'succeed', { delayMs: 2_000 });

      expect(await bench.act('run-now', id)).toMatchObject({ after: 'queued', dispatch: 'published' });
      await bench.expectState(id, 'succeeded');
      await sleep(systemClock, 2_000 + QUIET_MS);

      expect(bench.runsOf(id)).toHaveLength(1);
      expect((await bench.reader.get(id))?.job).toMatchObject({ generation: 1, attempt: 1 });
    },
  );

  test.skipIf(skip)(
    'a dead job that is retried continues to count its attempts, and dies again as the last of them',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      await bench.startWorker();
      const { id } = await bench.client.enqueue(work, 'give-up');
      await bench.expectState(id, 'dead');

      await bench.act('retry', id);

      await expect.poll(() => bench.runsOf(id).length, { timeout: 10_000 }).toBe(2);
      await bench.expectState(id, 'dead');
      expect((await bench.reader.get(id))?.job).toMatchObject({ attempt: 2, maxAttempts: 4, generation: 1 });
      expect(await bench.act('discard', id)).toMatchObject({ after: 'discarded' });
      expect(await bench.act('restore', id)).toMatchObject({ after: 'dead' });
      expect(
        (await bench.store.audit({ jobId: id, limit: 10 })).map(({ action, by }) => [action, by]),
      ).toEqual([
        ['restore', 'ann@host'],
        ['discard', 'ann@host'],
        ['retry', 'ann@host'],
      ]);
    },
  );

  test.skipIf(skip)(
    'a paused queue starts nothing, on workers there are and on new ones, until it is resumed',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      await bench.startWorker();
      const queue = { queue: 'work', by: 'ann@host', reason: 'mail server is down' };

      const { answer, ms } = await timed(bench.control.pauseQueue(queue));
      await bench.startWorker();
      const { id } = await bench.client.enqueue(work, 'succeed');
      await sleep(systemClock, QUIET_MS);

      expect(ms).toBeLessThan(ANSWER_MS);
      expect(answer).toMatchObject({ isChanged: true, silent: [] });
      expect(bench.ran).toEqual([]);
      expect(await bench.control.explain(id)).toMatchObject({
        causes: expect.arrayContaining([{ kind: 'paused', pause: { ...queue, at: expect.any(Number) } }]),
      });
      expect(await bench.control.pauseQueue(queue)).toMatchObject({ isChanged: false });

      await bench.control.resumeQueue({ queue: 'work', by: 'ann@host' });
      await bench.expectState(id, 'succeeded');
    },
  );

  test.skipIf(skip)(
    'a worker that cannot ask starts nothing that was decided on meanwhile',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      const line = { isCut: false };
      const store: WorkerStore = {
        ...bench.store,
        async view(request) {
          if (line.isCut) throw new Error('cut off');
          return await bench.store.view(request);
        },
      };
      await bench.startWorker({ store });
      const { id } = await bench.client.enqueue(work, 'succeed', { delayMs: 1_000 });
      line.isCut = true;

      const { answer, ms } = await timed(bench.act('cancel', id));

      expect(ms).toBeLessThan(ANSWER_MS);
      expect(answer.silent).toHaveLength(1);
      await sleep(systemClock, 1_000 + QUIET_MS);
      expect(bench.ran).toEqual([]);

      line.isCut = false;
      const { id: next } = await bench.client.enqueue(work, 'succeed');
      await bench.expectState(next, 'succeeded');
      expect(bench.runsOf(id)).toEqual([]);
    },
  );

  test.skipIf(skip)(
    'an action that is done is published, also if nobody can tell which workers do not ask',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      const { broker, store } = bench;
      const reader: JobReader = {
        ...bench.reader,
        unawareWorkers: () => Promise.reject(new LeveretError('STORE_UNAVAILABLE', 'away')),
      };
      const control = createControl({ broker, store, reader, logger: silentLogger });
      const { id } = await bench.client.enqueue(work, 'succeed', { delayMs: 60_000 });

      const done = await control.act({ action: 'run-now', jobId: id, by: 'ann@host' });
      await bench.startWorker();
      await bench.expectState(id, 'succeeded');
      await control.close();

      expect(done).toMatchObject({ dispatch: 'published', unaware: [] });
      expect(bench.runsOf(id)).toHaveLength(1);
    },
  );

  test.skipIf(skip)(
    'a worker that does not ask what is decided is named, and others are not',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      await bench.startWorker({ store: ofEarlierVersion(bench.store) });
      const { id } = await bench.client.enqueue(work, 'hang');
      await bench.expectState(id, 'running');
      const details = await bench.reader.get(id);
      const { workerId, host, version, startedAt: lastStartAt } = details?.attempts[0] ?? {};
      const old = { workerId, host, version, lastStartAt };
      const stopped = await bench.startWorker();
      await stopped.stop(0);
      await bench.startWorker();

      const cancelled = await bench.act('cancel', id);
      const paused = await bench.control.pauseQueue({ queue: 'work', by: 'ann@host' });
      const other = await bench.control.pauseQueue({ queue: 'other', by: 'ann@host' });

      expect(cancelled).toMatchObject({ silent: [], unaware: [old] });
      expect(cancelled.confirmed).toHaveLength(1);
      expect(paused.unaware).toEqual([old]);
      expect(other.unaware).toEqual([]);
    },
  );

  test.skipIf(skip)(
    'an operation names the workers of its queues that do not ask what is decided',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      await bench.startWorker({ store: ofEarlierVersion(bench.store) });
      const { id } = await bench.client.enqueue(work, 'hang');
      await bench.expectState(id, 'running');
      const { workerId } = (await bench.reader.get(id))?.attempts[0] ?? {};
      const { operations } = bench.control;
      const request = { action: 'cancel', by: 'ann@host', selection: 'by id' } as const;

      const { id: operationId } = await operations.start(request, { jobIds: [id] });
      const done = await operations.work(operationId);

      expect(done).toMatchObject({ state: 'done', done: 1, unaware: [{ workerId }] });
      expect(await operations.get(operationId)).toEqual(done);
    },
  );

  test.skipIf(skip)(
    'an operation acts on the jobs that there are when it starts, and says what it skipped',
    async ({ expect }) => {
      await using bench = await openControlBench(carrier);
      await bench.startWorker();
      const many = await bench.client.enqueueMany(
        work,
        Array.from({ length: 450 }, () => 'give-up' as const),
      );
      await expect
        .poll(async () => (await bench.reader.count({ states: ['dead'] })).count, { timeout: 30_000 })
        .toBe(450);
      const { operations } = bench.control;
      const author = { by: 'ann@host', selection: 'state:dead' };
      const jobs = { filter: { states: ['dead'] } } as const;
      const first = await operations.start({ ...author, action: 'discard' }, jobs);
      const second = await operations.start({ ...author, action: 'discard' }, jobs);
      await bench.act('discard', many[0]?.id ?? '');

      const steps: number[] = [];
      const done = await operations.work(first.id, { onProgress: (operation) => steps.push(operation.done) });

      expect(done).toMatchObject({ state: 'done', total: 450, done: 449, skipped: 1, failed: 0 });
      expect(steps.length).toBeGreaterThan(1);
      expect(await operations.work(second.id)).toMatchObject({ done: 0, skipped: 450 });
      const items = await operations.items(first.id, 1, 450);
      expect(items.filter(({ outcome }) => outcome === 'skipped')).toEqual([
        {
          number: expect.any(Number),
          jobId: many[0]?.id,
          outcome: 'skipped',
          reason: expect.stringContaining('discarded'),
        },
      ]);
      expect(await bench.reader.counts()).toEqual([
        { queue: 'work', kind: 'work.do', state: 'discarded', count: 450 },
      ]);
    },
  );

  test.skipIf(skip)('why a job is where it is', async ({ expect }) => {
    await using bench = await openControlBench(carrier);
    const { id: alone } = await bench.client.enqueue(work, 'hang');
    const kindsOf = async (id: string) => (await bench.control.explain(id)).causes.map(({ kind }) => kind);

    expect(await kindsOf(alone)).toEqual(['no-worker-for-queue', 'waiting']);
    await bench.startWorker();
    await bench.expectState(alone, 'running');
    expect(await bench.control.explain(alone)).toMatchObject({
      causes: [{ kind: 'running', attempt: 1, worker: { queues: ['work'] } }],
    });

    const { id: unknown } = await bench.client.enqueue(strange, 'succeed');
    await expect.poll(() => kindsOf(unknown), { timeout: 10_000 }).toContain('held');
    expect(await kindsOf(unknown)).toEqual(['held', 'delayed', 'no-worker-for-kind']);
    const { id: retrying } = await bench.client.enqueue(work, 'fail');
    await bench.expectState(retrying, 'retrying');
    expect((await bench.control.explain(retrying)).causes).toEqual([
      { kind: 'delayed', until: expect.any(Number), because: 'retry' },
    ]);
    if (bench.vhost !== undefined) {
      const { management, name } = bench.vhost;
      await management.deleteBindings(name, 'leveret.delay.out', 'leveret.q.work');
      const { id: unroutable } = await bench.client.enqueue(work, 'succeed', { delayMs: 500 });
      await vi.waitFor(async () => expect(await kindsOf(unroutable)).toContain('unroutable'), 10_000);
      expect((await bench.control.explain(unroutable)).causes).toEqual([
        { kind: 'unroutable', since: expect.any(Number), seq: expect.any(Number) },
      ]);
      expect(await bench.act('run-now', unroutable)).toMatchObject({ dispatch: 'published' });
      await bench.expectState(unroutable, 'succeeded');
    }
    const { id: dead } = await bench.client.enqueue(work, 'give-up');
    await bench.expectState(dead, 'dead');
    expect((await bench.control.explain(dead)).causes).toMatchObject([
      { kind: 'dead', attempts: 1, message: 'not for us' },
    ]);
    await expect(bench.control.explain('0198c0de-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'JOB_NOT_FOUND',
    });
  });
});
