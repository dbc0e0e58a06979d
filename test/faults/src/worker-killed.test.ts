import { systemClock } from '@leveret/core';
import { type Installation, makeFolder, startApi, startWorker } from '@leveret/e2e';
import { startSmtpServer } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { requestMails } from './mail-load.ts';
import { ROUNDS, SHARE } from './rounds.ts';
import { createRunLog, describeExtraRuns } from './run-log.ts';

/** Workers that are stopped. */
const STOPS = Math.ceil(3 * SHARE);
const JOBS = 200;
/** How long a mail that a worker has sent may take to be noted here, in milliseconds: less than the next worker takes to start. */
const MAIL_MS = 200;
const WORKER = ['--queues', 'mail', '--concurrency', '8'];

const brokers = [
  {
    name: 'SQLite',
    open: async () => ({ amqpUrl: 'embedded:', [Symbol.asyncDispose]: () => Promise.resolve() }),
  },
  ...(hasRabbitmq() ? [{ name: 'RabbitMQ', open: openVhost }] : []),
];

describe.each(brokers)('on $name', ({ name, open }) => {
  test(`kill -9 of a worker in the middle of ${JOBS} jobs, ${ROUNDS} rounds: none is lost, none is charged`, async () => {
    await using folder = await makeFolder();
    await using broker = await open();
    await using smtp = await startSmtpServer();
    const installation: Installation = { dataDir: folder.path, amqpUrl: broker.amqpUrl, smtpUrl: smtp.url };
    await using api = await startApi(installation);
    const runs = createRunLog();

    for (let round = 1; round <= ROUNDS; round += 1) {
      await using doomed = await startWorker(installation, WORKER);
      const load = await requestMails(api.client, smtp, `kill${round}`, JOBS);
      await load.arrived(Math.ceil((JOBS * round) / (ROUNDS + 1)));
      const from = systemClock.now();
      doomed.signal('SIGKILL');
      await doomed.exited;
      runs.lost({ cause: 'worker killed', from, to: systemClock.now() + MAIL_MS });
      await using _successor = await startWorker(installation, WORKER);

      const report = await load.report(runs);

      expect(report).toMatchObject({ failed: [], lostCount: 0, highestAttempt: 1 });
    }
    const extraRuns = runs.extraRuns();
    process.stdout.write(
      `${name}: ${ROUNDS} kills, ${ROUNDS * JOBS} jobs, 0 lost, ${describeExtraRuns(extraRuns)}\n`,
    );
    expect(extraRuns.unexplained).toEqual([]);
  });

  test('SIGTERM of a worker in the middle of its jobs loses nothing, repeats nothing and charges no attempt', async () => {
    await using folder = await makeFolder();
    await using broker = await open();
    await using smtp = await startSmtpServer();
    const installation: Installation = { dataDir: folder.path, amqpUrl: broker.amqpUrl, smtpUrl: smtp.url };
    await using api = await startApi(installation);

    const runs = createRunLog();
    for (let round = 1; round <= STOPS; round += 1) {
      await using first = await startWorker(installation, WORKER);
      const load = await requestMails(api.client, smtp, `term${round}`, JOBS);
      await load.arrived(JOBS / 4);
      first.signal('SIGTERM');
      expect(await first.exited).toEqual({ code: 0, signal: null });
      await using _successor = await startWorker(installation, WORKER);

      expect(await load.report(runs)).toEqual({ failed: [], lostCount: 0, highestAttempt: 1 });
      expect(runs.extraRuns().count).toBe(0);
    }
  });
});
