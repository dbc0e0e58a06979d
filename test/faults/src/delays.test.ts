import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import { describe, expect, test } from 'vitest';
import { printDelayReport, runDelayedJobs } from './delayed-jobs.ts';
import { SHARE } from './rounds.ts';

const JOBS = 1_000;
/** In a sample too, some delays pass four slots of the wheel: those of 8.5 s and more. */
const LONGEST_MS = Math.max(20_000 * SHARE, 10_000);
/** Only a wheel that is broken is so late: the figures that are promised are for a machine that does nothing else. */
const FAR_TOO_LATE_MS = 5_000;

describe.skipIf(!hasRabbitmq())('on RabbitMQ', () => {
  test(`${JOBS} jobs with delays of 0.1 to ${LONGEST_MS / 1_000} s arrive once each, none early, none much too late`, async () => {
    await using vhost = await openVhost();
    const broker = await createRabbitmqBroker({ urls: [vhost.amqpUrl] });

    const options = { queue: 'later', count: JOBS, shortestMs: 100, longestMs: LONGEST_MS };
    const report = await runDelayedJobs(broker, options);
    await broker.close(1_000);

    printDelayReport(`${JOBS} delays of 0.1 to ${LONGEST_MS / 1_000} s`, report);
    expect(report).toMatchObject({ lostCount: 0, earlyCount: 0, duplicateCount: 0 });
    expect(Math.max(...[...report.latenessMsBySlots.values()].flat())).toBeLessThan(FAR_TOO_LATE_MS);
  });
});
