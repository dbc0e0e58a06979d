import { describeInBrowser } from '@leveret/browser';
import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import { describe } from 'vitest';
import { useWalker } from '../walk/walker.ts';
import { trapApiRestarts } from './api-restarts.ts';
import { trapLedgerAway } from './ledger-away.ts';
import { trapSessionEnds } from './session-ends.ts';
import { trapWorkerKilled } from './worker-killed.ts';

describe.skipIf(!hasRabbitmq())('on the whole product', () => {
  describeInBrowser('what goes wrong under the page', () => {
    const walker = useWalker({ smtp: { recipient: () => 'hang' } });

    trapSessionEnds(walker);
    trapWorkerKilled(walker);
    trapLedgerAway(walker);
    // The last one: it leaves another API process behind.
    trapApiRestarts(walker);
  });
});
