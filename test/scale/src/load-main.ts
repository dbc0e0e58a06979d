import { openContender, type SteadyLoad, startSteadyLoad } from '@leveret/cli/bench';
import { systemClock } from '@leveret/core';
import { createRabbitmqBroker } from '@leveret/rabbitmq';
import { createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { LOAD_QUEUE, type LoadAnswer, type LoadCommand } from './load-commands.ts';

/** The entry of a process that enqueues and runs jobs: told the broker's URL and the file of the ledger, it does what its parent asks. */

const [amqpUrl = '', file = ''] = process.argv.slice(2);
const DRAIN_CONCURRENCY = 50;

const contender = await openContender(
  {
    openBroker: () => createRabbitmqBroker({ urls: [amqpUrl] }),
    openStore: async () => createSqliteJobStore({ database: await openSqliteDatabase({ file }) }),
  },
  LOAD_QUEUE,
  'ledger',
);
let load: SteadyLoad | undefined;

async function perform(command: LoadCommand): Promise<LoadAnswer> {
  switch (command.what) {
    case 'start':
      load = await startSteadyLoad(contender, systemClock);
      return {};
    case 'stop':
      await load?.stop();
      return {};
    case 'drain':
      return { perSecond: await drain(command.jobCount) };
  }
}

async function drain(jobCount: number): Promise<number> {
  await contender.enqueueMany(jobCount);
  const startedAt = systemClock.monotonic();
  await contender.drain(jobCount, DRAIN_CONCURRENCY);
  return (jobCount * 1_000) / (systemClock.monotonic() - startedAt);
}

function answer(what: LoadAnswer): void {
  process.send?.(what);
}

process.once('disconnect', () => process.exit());
process.on('message', (command: LoadCommand) => {
  // A failure ends the process, which its parent notices.
  perform(command).then(answer, (error: unknown) => {
    throw error;
  });
});
answer({});
