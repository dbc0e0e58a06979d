import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { printDelayReport, runDelayedJobs } from './delayed-jobs.ts';

const JOBS = 1_000;
/** Only a wheel that is broken is so late: the figures that are promised are for a machine that does nothing else. */
const FAR_TOO_LATE_MS = 5_000;

describe.skipIf(!hasRabbitmq())('on RabbitMQ', () => {
  test(`${JOBS} jobs with delays of 0.1 to 20 s arrive once each, none early, none much too late`, async () => {
    await using vhost = await openVhost();
    const broker = await createRabbitmqBroker({ urls: [vhost.amqpUrl] });

    const options = { queue: 'later', count: JOBS, shortestMs: 100, longestMs: 20_000 };
    const report = await runDelayedJobs(broker, options);
    await broker.close(1_000);

    printDelayReport(`${JOBS} delays of 0.1 to 20 s`, report);
    expect(report).toMatchObject({ lostCount: 0, earlyCount: 0, duplicateCount: 0 });
    expect(Math.max(...[...report.latenessMsBySlots.values()].flat())).toBeLessThan(FAR_TOO_LATE_MS);
  });
});
