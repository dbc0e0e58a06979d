import {
  type JobStore,
  LeveretError,
  type Logger,
  type OldActionsRequest,
  type OldGroupsRequest,
  type RetentionProgress,
  type RetentionRequest,
  silentLogger,
} from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { startRetention } from './retention.ts';

const RULES = [{ keepMs: 60_000 }];

/** Retention of a ledger that has `due` jobs, `dueActions` and `dueGroups` to delete. Each batch of jobs takes so long, or fails. */
function setUp(
  due: number,
  {
    tookMs = 0,
    fault,
    dueActions = 0,
    dueGroups = 0,
    prepare = async () => true,
  }: {
    tookMs?: number;
    fault?: Error;
    dueActions?: number;
    dueGroups?: number;
    prepare?: () => Promise<boolean>;
  } = {},
) {
  const clock = createManualClock();
  const lines: string[] = [];
  const note = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { ...silentLogger, info: note, warn: note };
  const requests: (RetentionRequest & { readonly at: number })[] = [];
  const ledger: { left: number; leftActions: number; leftGroups: number; fault: Error | undefined } = {
    left: due,
    leftActions: dueActions,
    leftGroups: dueGroups,
    fault,
  };
  async function deleteFinished(request: RetentionRequest): Promise<RetentionProgress> {
    requests.push({ ...request, at: clock.monotonic() });
    if (tookMs > 0) clock.stall(tookMs);
    if (ledger.fault !== undefined) throw ledger.fault;
    const deletedCount = Math.min(request.limit, ledger.left);
    ledger.left -= deletedCount;
    return { deletedCount, isMore: ledger.left > 0 };
  }
  async function deleteOldActions({ limit }: OldActionsRequest): Promise<RetentionProgress> {
    const deletedCount = Math.min(limit, ledger.leftActions);
    ledger.leftActions -= deletedCount;
    return { deletedCount, isMore: ledger.leftActions > 0 };
  }
  async function deleteOldGroups({ limit }: OldGroupsRequest): Promise<RetentionProgress> {
    const deletedCount = Math.min(limit, ledger.leftGroups);
    ledger.leftGroups -= deletedCount;
    return { deletedCount, isMore: ledger.leftGroups > 0 };
  }
  const store: Pick<JobStore, 'retention'> = {
    retention: { deleteFinished, deleteOldActions, deleteOldGroups },
  };
  const stopping = new AbortController();
  const ended = startRetention({ store, prepare, rules: RULES, clock, logger, signal: stopping.signal });
  const times = () => requests.map(({ at }) => at);
  const stop = () => {
    stopping.abort();
    return ended;
  };
  return { clock, lines, requests, ledger, times, stop };
}

test('it looks at the start and every minute, with its rules and the time', async () => {
  const { clock, requests, times, stop } = setUp(0);

  await clock.advance(120_000);
  await stop();

  expect(times()).toEqual([0, 60_000, 120_000]);
  expect(requests.at(-1)).toMatchObject({ rules: RULES, now: clock.now() });
});

test('what is due is deleted in batches with pauses, and then told', async () => {
  const { clock, ledger, lines, times, stop } = setUp(250);

  await clock.advance(1_000);
  await stop();

  expect(ledger.left).toBe(0);
  expect(times()).toEqual([0, 20, 40]);
  expect(lines).toEqual(['deleted jobs whose time is over {"jobCount":250}']);
});

test('the longer a batch takes, the longer is the pause after it', async () => {
  const { clock, times, stop } = setUp(250, { tookMs: 50 });

  await clock.advance(2_000);
  await stop();

  expect(times()).toEqual([0, 500, 1_000]);
});

test('a ledger that is away is asked again a minute later', async () => {
  const fault = new LeveretError('STORE_UNAVAILABLE', 'away');
  const { clock, ledger, lines, times, stop } = setUp(5, { fault });
  await clock.advance(0);
  ledger.fault = undefined;

  await clock.advance(60_000);
  await stop();

  expect(times()).toEqual([0, 60_000]);
  expect(lines).toEqual([expect.stringContaining('will try again'), expect.stringContaining('"jobCount":5')]);
});

test('nothing is deleted before it could be prepared, and it is prepared once', async () => {
  const outcomes = [() => Promise.reject(new Error('away')), () => Promise.resolve(true)];
  let preparedCount = 0;
  const prepare = () => {
    preparedCount += 1;
    return outcomes.shift()?.() ?? Promise.reject(new Error('once more'));
  };
  const { clock, times, stop } = setUp(5, { prepare });

  await clock.advance(180_000);
  await stop();

  expect(preparedCount).toBe(2);
  expect(times()).toEqual([60_000, 120_000, 180_000]);
});

test('it stops between two batches', async () => {
  const { clock, ledger, stop } = setUp(1_000);
  await clock.advance(0);

  await stop();
  await clock.advance(60_000);

  expect(ledger.left).toBe(900);
});

test('what operators did long ago and groups without jobs are deleted in batches, too, and told apart', async () => {
  const { clock, ledger, lines, times, stop } = setUp(1, { dueActions: 1_001, dueGroups: 150 });

  await clock.advance(1_000);
  await stop();

  expect([ledger.leftActions, ledger.leftGroups]).toEqual([0, 0]);
  expect(times()).toEqual([0, 20, 40]);
  expect(lines).toEqual([
    expect.stringContaining('"jobCount":1'),
    expect.stringContaining('"actionCount":1001'),
    expect.stringContaining('"groupCount":150'),
  ]);
});
