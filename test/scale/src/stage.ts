import { join } from 'node:path';
import { launchChromium } from '@leveret/browser';
import { fillLedger, type LedgerContent } from '@leveret/cli/bench';
import { silentLogger, systemClock, systemRandom } from '@leveret/core';
import { makeFolder, type RunningServer, startApi } from '@leveret/e2e';
import { createSqliteJobStore, openSqliteDatabase } from '@leveret/sqlite';
import { openVhost } from '@leveret/testing/rabbitmq';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type AdminClient, signIn } from './admin-client.ts';
import { say } from './figures.ts';
import { type LoadProcess, startLoadProcess } from './load-process.ts';
import { JOB_COUNT } from './settings.ts';

/** How far the ledger is filled is printed after so many jobs. */
const SAID_EVERY = 100_000;
const WINDOW = { width: 1_440, height: 900 };
/** How long anything is waited for, in milliseconds. */
const PATIENCE_MS = 60_000;

/** An API process on RabbitMQ with a filled ledger, a process that enqueues and runs jobs, and a browser. */
export interface Stage {
  /** What the ledger was filled with. */
  readonly content: LedgerContent;
  readonly api: RunningServer;
  readonly admin: AdminClient;
  readonly load: LoadProcess;
  readonly browser: Browser;
  /** A folder for files of the test. */
  readonly folder: string;
}

/** Prepares a stage for the tests of a `describe` block, and clears it after them. */
export function setStage(): () => Stage {
  const undo: (() => PromiseLike<void>)[] = [];
  let stage: Stage | undefined;

  beforeAll(async () => {
    const keep = <T extends AsyncDisposable>(resource: T): T => {
      undo.push(() => resource[Symbol.asyncDispose]());
      return resource;
    };
    const { path: folder } = keep(await makeFolder());
    const file = join(folder, 'leveret.db');
    const content = await fill(file);
    const { amqpUrl } = keep(await openVhost());
    const api = keep(await startApi({ dataDir: folder, amqpUrl, smtpUrl: '' }));
    const admin = await signIn(api);
    const load = keep(await startLoadProcess(amqpUrl, file));
    const browser = await launchChromium();
    undo.push(() => browser.close());
    stage = { content, api, admin, load, browser, folder };
  });

  afterAll(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  return () => {
    if (stage === undefined) throw new Error('the stage is set before the first test, not earlier');
    return stage;
  };
}

async function fill(file: string): Promise<LedgerContent> {
  const database = await openSqliteDatabase({ file, logger: silentLogger });
  const store = createSqliteJobStore({ database });
  const startedAt = systemClock.monotonic();
  const content = await fillLedger(store, {
    jobCount: JOB_COUNT,
    now: systemClock.now(),
    random: systemRandom,
    onProgress(jobCount) {
      const seconds = Math.round((systemClock.monotonic() - startedAt) / 1_000);
      if (jobCount % SAID_EVERY === 0 || jobCount === JOB_COUNT)
        say(`  ${jobCount.toLocaleString('en')} jobs recorded in ${seconds} s`);
    },
  });
  await store.close();
  await database.close();
  return content;
}

/** Opens a window whose pages are signed in, with an empty cache. Close its context. */
export async function openWindow({ admin }: Stage, browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: WINDOW });
  await context.addCookies([admin.cookie]);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}
