import { describeInBrowser } from '@leveret/browser';
import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import { describe } from 'vitest';
import { walkAccounts } from './walk-accounts.ts';
import { walkFailures } from './walk-failures.ts';
import { walkJob } from './walk-job.ts';
import { walkJobs } from './walk-jobs.ts';
import { walkQueues } from './walk-queues.ts';
import { walkRoles } from './walk-roles.ts';
import { walkSetAside } from './walk-set-aside.ts';
import { walkVideos } from './walk-videos.ts';
import { useWalker } from './walker.ts';

/** What the mail server does, by the first part of the address. */
const RECIPIENTS = {
  gone: { code: 550, text: 'no such mailbox' },
  busy: { code: 451, text: 'try again later' },
  slow: 'hang',
} as const;

describe.skipIf(!hasRabbitmq())('on the whole product', () => {
  describeInBrowser('every page and every action', () => {
    const walker = useWalker({
      smtp: {
        recipient: (address) => RECIPIENTS[address.split('@')[0] as keyof typeof RECIPIENTS] ?? 'accept',
      },
    });

    walkQueues(walker);
    walkJobs(walker);
    walkJob(walker);
    walkFailures(walker);
    walkSetAside(walker);
    walkVideos(walker);
    walkAccounts(walker);
    walkRoles(walker);
  });
});
