import { sleep, systemClock } from '@leveret/core';
import { startTcpProxy } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { faultJob } from '../fault-job.ts';
import { startWorkerProcess } from '../worker-process.ts';
import { openInstallation } from './installation.ts';

const QUEUE = 'frozen';
const JOBS = 300;
/** After so long the old messages are due, in milliseconds: later than the answer of the operation. */
const DUE_MS = 6_000;
/** How long it is waited for runs that must not be, in milliseconds. */
const QUIET_MS = 3_000;

describe.skipIf(!hasRabbitmq())('jobs that were cancelled', () => {
  test.each(['frozen', 'cut off'] as const)(
    'do not start on a worker that was %s meanwhile, nor on one that starts later',
    async (fault) => {
      await using vhost = await openVhost();
      await using proxy = await startTcpProxy(vhost.amqpUrl);
      await using installation = await openInstallation(vhost.amqpUrl, QUEUE);
      const { client, control } = installation;
      const job = faultJob(QUEUE);
      const begun = new Set<string>();
      const listener = {
        onRun: ({ id }: { readonly id: string }) => void begun.add(id),
        onLost: () => undefined,
      };
      const worker = await startWorkerProcess(proxy.url, QUEUE, listener);
      const receipts = await client.enqueueMany(
        job,
        Array.from({ length: JOBS }, () => 1),
        { delayMs: DUE_MS },
      );
      const jobIds = receipts.map(({ id }) => id);

      if (fault === 'frozen') worker.signal('SIGSTOP');
      else proxy.freeze();
      const { operations } = control;
      const { id } = await operations.start({ action: 'cancel', by: 'test', selection: 'all' }, { jobIds });
      const since = systemClock.monotonic();
      expect(await operations.work(id)).toMatchObject({ state: 'done', done: JOBS });
      const tookMs = systemClock.monotonic() - since;
      await sleep(systemClock, DUE_MS);
      if (fault === 'frozen') worker.signal('SIGCONT');
      else proxy.thaw();
      const later = await startWorkerProcess(vhost.amqpUrl, QUEUE, listener);
      const { id: last } = await client.enqueue(job, 1);

      await expect.poll(() => begun.has(last), { timeout: 20_000 }).toBe(true);
      await sleep(systemClock, QUIET_MS);
      expect([...begun]).toEqual([last]);
      expect(tookMs).toBeLessThan(DUE_MS);
      await Promise.all([worker.kill(), later.kill()]);
      process.stdout.write(
        `${JOBS} cancelled in ${Math.round(tookMs)} ms while a worker was ${fault}: none ran\n`,
      );
    },
    120_000,
  );
});
