import { readFile } from 'node:fs/promises';
import { type ControlAction, sleep, systemClock } from '@leveret/core';
import { startTcpProxy } from '@leveret/testing';
import { type ControlledNode, hasServer, openVhost, startControlledNode } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { faultJob } from '../fault-job.ts';
import { QUEUES_KEPT_MS } from '../faults.ts';
import { SHARE } from '../rounds.ts';
import { startWorkerProcess } from '../worker-process.ts';
import { openInstallation } from './installation.ts';

/** Messages that are superseded. */
const JOBS = Number(process.env['LEVERET_TEST_JOBS'] ?? 1_000);
const QUEUE = 'superseded';
/** The jobs by their tag: their share of all. Half of the cancelled ones and all that run now are delayed, the others wait in the queue. */
const SHARES = { cancelled: 0.88, cancelledLate: 0.02, runNow: 0.05, retried: 0.05 } as const;
type Part = keyof typeof SHARES;
/** How long a worker is frozen and another cut off, in milliseconds: less than the time after which workers start what they have. */
const AWAY_MS = Math.max(20_000 * SHARE, 8_000);
/** So long before they are back, messages come to them that were superseded meanwhile, in milliseconds. */
const LATE_BEFORE_MS = 2_000;
/** For so many jobs a second, everything that is decided on is decided before the delayed jobs are due. */
const DECIDED_PER_S = 400;
/** After so long the delayed messages are due, in milliseconds. */
const DUE_MS = AWAY_MS + 30_000 + (JOBS / DECIDED_PER_S) * 1_000;
/** How long all messages may take to be gone after the last of them is due, in milliseconds. */
const ALL_GONE_MS = 120_000 + JOBS * 3;
/** How long it is waited for runs that must not be, in milliseconds. */
const QUIET_MS = 3_000;
/** By how much more memory a worker may take than one that has done as many jobs, in bytes. */
const MEMORY_BYTES = 40 * 1024 ** 2;

describe.skipIf(!hasServer())('superseded messages', () => {
  test(`of ${JOBS} jobs none runs on workers that were restarted, frozen, cut off or started later, nor after a restart of the broker`, async () => {
    await using node = await startControlledNode();
    await using vhost = await openVhost(node);
    await using proxy = await startTcpProxy(vhost.amqpUrl);
    await using installation = await openInstallation(vhost.amqpUrl, QUEUE);
    const { client, control, reader } = installation;
    const runs: string[] = [];
    const startOne = (url = vhost.amqpUrl) =>
      startWorkerProcess(url, QUEUE, {
        onRun: ({ what, id }) => {
          if (what === 'began') runs.push(id);
        },
        onLost: () => undefined,
      });
    async function decide(action: ControlAction, part: Part): Promise<void> {
      const { operations } = control;
      const { id } = await operations.start(
        { action, by: 'test', selection: part },
        { filter: { tags: [part] } },
      );
      const { done } = await operations.work(id);
      expect(done).toBe(jobCountOf(part));
    }

    async function enqueue(
      part: Part | 'plain',
      jobCount: number,
      delayMs: number,
    ): Promise<readonly string[]> {
      const payloads = Array.from({ length: jobCount }, () => 1);
      const receipts = await client.enqueueMany(faultJob(QUEUE), payloads, { tags: [part], delayMs });
      return receipts.map(({ id }) => id);
    }

    const [frozen, cutOff, restarted] = [await startOne(), await startOne(proxy.url), await startOne()];
    // What jobs take that are done as usual is not part of the figure.
    await enqueue('plain', JOBS, 0);
    await expect.poll(() => runs.length, { timeout: ALL_GONE_MS, interval: 200 }).toBe(JOBS);
    runs.length = 0;
    await control.pauseQueue({ queue: QUEUE, by: 'test' });
    const before = Math.max(...(await Promise.all([frozen, cutOff, restarted].map(({ pid }) => rssOf(pid)))));
    const since = systemClock.monotonic();
    const dueInMs = () => Math.round(DUE_MS - (systemClock.monotonic() - since));
    await enqueue('cancelled', jobCountOf('cancelled') / 2, 0);
    await enqueue('cancelled', jobCountOf('cancelled') / 2, dueInMs());
    const again = [
      ...(await enqueue('retried', jobCountOf('retried'), 0)),
      ...(await enqueue('runNow', jobCountOf('runNow'), dueInMs())),
    ];
    await decide('cancel', 'cancelled');
    await decide('cancel', 'retried');
    await decide('retry', 'retried');
    await decide('run-now', 'runNow');
    await restarted.kill();
    const restartedAgain = await startOne();
    await control.resumeQueue({ queue: QUEUE, by: 'test' });
    // A job that runs while its worker is frozen could run elsewhere again.
    await expect.poll(() => new Set(runs).size, { timeout: ALL_GONE_MS, interval: 200 }).toBe(again.length);
    const lateSince = systemClock.monotonic();
    await enqueue('cancelledLate', jobCountOf('cancelledLate'), AWAY_MS - LATE_BEFORE_MS);
    frozen.signal('SIGSTOP');
    proxy.freeze();
    const awaySince = systemClock.monotonic();
    await decide('cancel', 'cancelledLate');
    const lateMs = AWAY_MS - LATE_BEFORE_MS - (systemClock.monotonic() - lateSince);
    await sleep(systemClock, Math.max(0, AWAY_MS - (systemClock.monotonic() - awaySince)));
    frozen.signal('SIGCONT');
    proxy.thaw();
    const decidedMs = dueInMs();
    await sleep(systemClock, QUEUES_KEPT_MS);
    await node.stopServer();
    await node.start();
    const later = await startOne();
    await sleep(systemClock, Math.max(0, dueInMs()));
    await expect
      .poll(() => countMessages(node, vhost.name), { timeout: ALL_GONE_MS, interval: 1_000 })
      .toBe(0);
    await sleep(systemClock, QUIET_MS);

    const workers = [frozen, cutOff, restartedAgain, later];
    const growth = await Promise.all(workers.map(async ({ pid }) => (await rssOf(pid)) - before));
    await Promise.all(workers.map((worker) => worker.kill()));
    process.stdout.write(
      `${JOBS} superseded messages: ${runs.length} runs of ${again.length} jobs that were to run again; memory of the workers grew by ${growth
        .map((bytes) => Math.round(bytes / 1024 ** 2))
        .join(', ')} MiB\n`,
    );
    expect(decidedMs, 'everything was decided before the delayed jobs were due').toBeGreaterThan(0);
    expect(lateMs, 'the late jobs were cancelled before they were due').toBeGreaterThan(0);
    expect(runs.toSorted()).toEqual(again.toSorted());
    expect(await reader.count({ states: ['cancelled'] })).toMatchObject({ count: JOBS - again.length });
    expect(await reader.count({ states: ['succeeded'] })).toMatchObject({ count: JOBS + again.length });
    expect(Math.max(...growth)).toBeLessThan(MEMORY_BYTES);
  }, 1_200_000);
});

function jobCountOf(part: Part): number {
  return Math.round(JOBS * SHARES[part]);
}

/** Messages that wait in the queue of the jobs or in the delay wheel, or are in the hands of a worker. */
async function countMessages(node: ControlledNode, vhost: string): Promise<number> {
  const listed = await node.control(
    'list_queues',
    '--no-table-headers',
    '--vhost',
    vhost,
    'name',
    'messages',
  );
  const rows = listed.split('\n').map((line) => line.split('\t'));
  return rows
    .filter(([name = '']) => name.startsWith(`leveret.q.${QUEUE}`) || name.startsWith('leveret.delay.'))
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

/** The most memory that a process has had, in bytes. */
async function rssOf(pid: number): Promise<number> {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}
