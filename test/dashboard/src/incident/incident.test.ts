import { describeInBrowser } from '@leveret/browser';
import type { AuditPageView, OperationListView } from '@leveret/http-contract/admin';
import { hasRabbitmq } from '@leveret/testing/rabbitmq';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AdminClient } from '../admin-client.ts';
import { useVisits } from '../open-page.ts';
import { type RealStack, startRealStack } from '../real-stack.ts';
import { type Hands, withKeyboard, withMouse } from './hands.ts';
import {
  type Account,
  BROKEN,
  type Cause,
  type MailIncident,
  MENDED,
  openMailIncident,
} from './mail-incident.ts';
import { Operator, REASONS } from './operator.ts';
import { countSteps, type Steps } from './steps.ts';

/** A fault is named within this time, in milliseconds. */
const NAMED_WITHIN_MS = 15_000;
/** A retry of a group is through within this time, in milliseconds. */
const RETRIED_WITHIN_MS = 180_000;
/** Most times that Tab is pressed on the way to one control. */
const MAX_TABS = 15;
/** Ends what hangs, in milliseconds, on machines that are busy. */
const TIMEOUT_MS = 900_000;

describe.skipIf(!hasRabbitmq())('mails fail for three reasons while most still retry', () => {
  describeInBrowser('on the dashboard', () => {
    const visit = useVisits();

    /** Starts everything, and lets an operator work on the incident. */
    async function goThrough<Given extends Hands>(
      name: string,
      mailCount: number,
      toHands: (page: Page) => Given,
    ): Promise<Given> {
      const stack = await startRealStack({ smtp: BROKEN, concurrency: 20 });
      // Hooks run in reverse order: the page is closed before its server.
      onTestFinished(() => stack[Symbol.asyncDispose]());
      await using incident = await openMailIncident(stack.installation, mailCount);
      const page = await visit(stack.url, { expectedTrouble: /status of 401/ });
      const hands = toHands(page);
      const operator = new Operator({ page, hands, name });
      await operator.signIn(await stack.addAccount('ann', 'operator'));
      const steps = countSteps();
      const counts = countsOf(mailCount);

      const seen = await solve({ stack, incident, operator, steps, counts });

      process.stdout.write(`by ${name}, ${words(mailCount)} mails: ${steps.words()}\n`);
      expect(steps.tookMs('named')).toBeLessThan(NAMED_WITHIN_MS);
      expect(steps.tookMs('group retried')).toBeLessThan(RETRIED_WITHIN_MS);
      await expectSolved(stack, counts, { ...seen, last: await incident.account(stack.smtp) });
      return hands;
    }

    test(
      'by mouse, an operator finds the cause of 10,000, pauses, mends, retries, discards and undoes',
      async () => {
        await goThrough('mouse', 10_000, withMouse);
      },
      TIMEOUT_MS,
    );

    test(
      'by keyboard alone, an operator does the same with few keys',
      async () => {
        const { keys } = await goThrough('keyboard', 1_000, withKeyboard);

        const { ways, enterCount } = keys();
        const tabCount = ways.reduce((sum, { tabs }) => sum + tabs, 0);
        process.stdout.write(`by keyboard: ${tabCount} times Tab, ${enterCount} times Enter\n`);
        expect(ways.filter(({ tabs }) => tabs > MAX_TABS)).toEqual([]);
      },
      TIMEOUT_MS,
    );
  });
});

/** How many mails there are of each cause. */
interface Counts extends Readonly<Record<Cause | 'all', number>> {
  /** Most jobs a second of the retry: it takes 8 s. */
  readonly retriedPerSecond: number;
}

/** Seven of ten mails are deferred and two of ten refused until the mail server is mended, one of ten for good. */
function countsOf(all: number): Counts {
  return { all, lookup: 0.7 * all, relay: 0.2 * all, unknown: 0.1 * all, retriedPerSecond: 0.025 * all };
}

interface Scene {
  readonly stack: RealStack;
  readonly incident: MailIncident;
  readonly operator: Operator;
  readonly steps: Steps;
  readonly counts: Counts;
}

/** Where the jobs were at three moments. */
interface Seen {
  readonly paused: Account;
  readonly discarded: Account;
  readonly last: Account;
}

async function solve({ stack, incident, operator, steps, counts }: Scene): Promise<Omit<Seen, 'last'>> {
  const { all, lookup, relay, unknown } = counts;
  await Promise.all([incident.enqueue(), operator.notice().then(() => steps.end('named'))]);
  await operator.findCause();
  await operator.waitUntilDead(words(relay + unknown));
  steps.end('all failed once');
  await operator.pauseQueue();
  await operator.openFailures();
  await operator.readFailures(
    `${words(all)} jobs fail for 3 different reasons: ${words(lookup)} still retrying, ${words(relay + unknown)} dead.`,
  );
  const paused = await incident.account(stack.smtp);
  stack.smtp.play(MENDED);
  await operator.resumeQueue();
  steps.end('resumed');
  await operator.openFailures();
  await operator.retry('relay', words(relay), counts.retriedPerSecond);
  await operator.watchRetry('relay');
  steps.end('group retried');
  await operator.seeEnd('lookup');
  await operator.readFailures(
    `${words(unknown)} jobs fail for one reason: 0 still retrying, ${words(unknown)} dead.`,
  );
  await operator.watchQueue(words(unknown), words(lookup + relay));
  steps.end('drained');
  await operator.openFailures();
  await operator.discard('unknown', words(unknown));
  const discarded = await incident.account(stack.smtp);
  await operator.undoDiscard('unknown', words(unknown));
  await operator.seeThatAllIsWell();
  await operator.readAudit('ann', REASONS.restore);
  steps.end('over');
  return { paused, discarded };
}

async function expectSolved(
  { admin }: RealStack,
  { lookup, relay, unknown, retriedPerSecond }: Counts,
  { paused, discarded, last }: Seen,
): Promise<void> {
  const complete = { strays: [], repeated: 0 };
  expect(paused).toMatchObject({
    ...complete,
    states: { lookup: { retrying: lookup }, relay: { dead: relay }, unknown: { dead: unknown } },
    arrived: { lookup: 0, relay: 0, unknown: 0 },
  });
  const sent = { lookup: { succeeded: lookup }, relay: { succeeded: relay } };
  const arrived = { lookup, relay, unknown: 0 };
  const inBroker = { ready: 0, dead: 0 };
  expect(discarded).toEqual({
    ...{ ...complete, arrived, inBroker },
    states: { ...sent, unknown: { discarded: unknown } },
  });
  expect(last).toEqual({ ...complete, arrived, inBroker, states: { ...sent, unknown: { dead: unknown } } });

  expect(await countAudit(admin.client, 'ann')).toEqual({
    [`pause: ${REASONS.pause}`]: 1,
    [`resume: ${REASONS.resume}`]: 1,
    [`start-operation: ${REASONS.retry}`]: 1,
    [`retry: ${REASONS.retry}`]: relay,
    [`start-operation: ${REASONS.discard}`]: 1,
    [`discard: ${REASONS.discard}`]: unknown,
    [`start-operation: ${REASONS.restore}`]: 1,
    [`restore: ${REASONS.restore}`]: unknown,
  });
  const { operations } = await admin.client.get<OperationListView>('/operations');
  expect(operations).toMatchObject([
    { action: 'restore', state: 'done', by: 'ann', total: unknown, done: unknown },
    { action: 'discard', state: 'done', by: 'ann', total: unknown, done: unknown },
    { action: 'retry', state: 'done', by: 'ann', total: relay, done: relay },
  ]);
  const [{ createdAt, finishedAt = createdAt } = { createdAt: '' }] = operations.slice(-1);
  // Each second has its jobs at its begin.
  const leastMs = (relay / retriedPerSecond - 1) * 1_000;
  expect(Date.parse(finishedAt) - Date.parse(createdAt)).toBeGreaterThan(leastMs);
}

/** How often an account has done what and why, by the audit: also to the jobs of its operations. */
async function countAudit(client: AdminClient, name: string): Promise<Readonly<Record<string, number>>> {
  const entries = await readAudit(client, '');
  for (const { action, operationId } of entries.filter(({ action }) => action === 'start-operation'))
    entries.push(
      ...(await readAudit(client, `&operationId=${operationId}`)).filter((entry) => entry.action !== action),
    );
  const counts: Record<string, number> = {};
  for (const { by, action, reason } of entries)
    if (by === name) counts[`${action}: ${reason}`] = (counts[`${action}: ${reason}`] ?? 0) + 1;
  return counts;
}

/** All entries of a list of the audit. */
async function readAudit(client: AdminClient, which: string): Promise<AuditPageView['entries']> {
  const all: AuditPageView['entries'] = [];
  for (;;) {
    const before = all.length === 0 ? '' : `&before=${all.at(-1)?.seq}`;
    const { entries } = await client.get<AuditPageView>(`/audit?limit=500${which}${before}`);
    if (entries.length === 0) return all;
    all.push(...entries);
  }
}

/** A number as the page shows it. */
function words(count: number): string {
  return count.toLocaleString('en');
}
