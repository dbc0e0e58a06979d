import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { deadLetter, silentLogger, sleep, systemClock, systemRandom } from '@leveret/core';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { createWorker, handle } from '@leveret/worker';
import { describe, expect, test } from 'vitest';
import { faultJob } from '../fault-job.ts';
import { ROUNDS } from '../rounds.ts';
import { openInstallation } from './installation.ts';

const QUEUE = 'operated';
/** Jobs for each kill. */
const JOBS_PER_ROUND = 500;
/** The longest that a process works before it is killed, in milliseconds: a step of a hundred jobs takes a tenth of a second. */
const KILLED_WITHIN_MS = 250;
/** How long all jobs may take to run after the last kill, in milliseconds: a relay publishes after 15 s what a process did not. */
const ALL_RUN_MS = 120_000;

describe.skipIf(!hasRabbitmq())('an operation whose process is killed', () => {
  test(`retries each of ${ROUNDS * JOBS_PER_ROUND} jobs once, over ${ROUNDS} kills`, async () => {
    await using vhost = await openVhost();
    await using installation = await openInstallation(vhost.amqpUrl, QUEUE);
    const { broker, client, control, file, reader } = installation;
    const job = faultJob(QUEUE);
    const runs = new Map<string, number>();
    const worker = createWorker({
      broker,
      events: true,
      concurrency: 50,
      logger: silentLogger,
      handlers: [
        handle(job, async ({ job: { id, attempt } }) => {
          if (attempt === 1) throw deadLetter('the first time');
          runs.set(`${id} ${attempt}`, (runs.get(`${id} ${attempt}`) ?? 0) + 1);
          return null;
        }),
      ],
    });
    await worker.start();
    const jobCount = ROUNDS * JOBS_PER_ROUND;
    await client.enqueueMany(
      job,
      Array.from({ length: jobCount }, () => 1),
    );
    const countOf = async (state: 'dead' | 'succeeded') => (await reader.count({ states: [state] })).count;
    await expect.poll(() => countOf('dead'), { timeout: ALL_RUN_MS, interval: 500 }).toBe(jobCount);
    const [group] = await reader.failureGroups(1);
    const { operations } = control;
    const { id } = await operations.start(
      { action: 'retry', by: 'test', selection: 'the group' },
      { filter: { fingerprint: group?.fingerprint ?? '', states: ['dead'] } },
    );

    const entry = fileURLToPath(new URL('./operating-main.ts', import.meta.url));
    let killCount = 0;
    while (killCount < ROUNDS && (await operations.get(id)).state === 'running') {
      const operating = fork(entry, [vhost.amqpUrl, file, id]);
      const gone = once(operating, 'exit');
      await Promise.race([once(operating, 'message'), gone]);
      // Its claim waits until that of the process before has ended.
      const before = (await operations.get(id)).done;
      await expect
        .poll(async () => (await operations.get(id)).done, { timeout: 20_000, interval: 10 })
        .toBeGreaterThan(before);
      await sleep(systemClock, systemRandom() * KILLED_WITHIN_MS);
      operating.kill('SIGKILL');
      await gone;
      killCount += 1;
    }
    const ended = await operations.work(id);

    expect(ended).toMatchObject({ state: 'done', total: jobCount, done: jobCount, skipped: 0, failed: 0 });
    await expect.poll(() => countOf('succeeded'), { timeout: ALL_RUN_MS, interval: 500 }).toBe(jobCount);
    await worker.stop(1_000);
    expect([...runs.values()].filter((count) => count !== 1)).toEqual([]);
    expect(runs.size).toBe(jobCount);
    expect(await broker.inspect([QUEUE])).toMatchObject([{ ready: 0 }]);
    process.stdout.write(`${jobCount} jobs retried over ${killCount} kills: each ran once\n`);
  }, 600_000);
});
