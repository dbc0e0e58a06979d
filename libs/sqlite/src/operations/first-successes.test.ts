import type { JobEvent, JobMessage, JobStore, LedgerEntry, SucceededEvent } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { sampleEntry, sampleMessage, started, succeededFirst } from '@leveret/testing';
import { expect, test } from 'vitest';
import { freshFile, openDatabase } from '../../fixtures/temporary-database.ts';
import { openConnection } from '../file/libsql.ts';

const failure = { code: 'HANDLER_FAILED', message: 'disk full' } as const;

const START = { attempt: 1, instanceId: 'i', returnCount: 1, isApart: false, goneIds: [], endedIds: [] };

/** A job before it succeeds, and what its success says. */
interface Case {
  readonly entry?: Partial<LedgerEntry>;
  readonly delayMs?: number;
  readonly before?: (message: JobMessage) => readonly JobEvent[];
  readonly success?: { readonly [Name in keyof SucceededEvent]?: SucceededEvent[Name] | undefined };
  readonly isUnknown?: boolean;
  readonly act?: (store: JobStore, message: JobMessage) => Promise<unknown>;
}

const CASES: Readonly<Record<string, Case>> = {
  'was accepted': {},
  'has a result': { success: { result: { pages: [1, 2] } } },
  'has a result that is an awkward text': { success: { result: 'a\0b\ud800"' } },
  'was run by a worker with a fixed id': { success: { instanceId: 'run-7' } },
  'was run by a worker that does not say who it is': { success: { workerId: undefined } },
  'has another number of attempts by now': { success: { maxAttempts: 9 } },
  'was run by a worker whose clock is behind': {
    success: { startedAt: 1_600_000_000_000, at: 1_600_000_000_001 },
  },
  'has tags': { entry: { tags: ['eu', 'vip'] } },
  'has redacted values': { entry: { redact: ['card'] } },
  'has a body that is not kept': { entry: { history: 'none' }, success: { result: 7 } },
  'has a body that is kept when it fails': { entry: { history: 'failed' } },
  'was delayed': { delayMs: 60_000 },
  'is known to have started': { before: (message) => [started(message)] },
  'has told of its progress': {
    before: (message) => [{ ...started(message), type: 'progress', progress: 0.5 }],
  },
  'was deferred': {
    before: (message) => [{ ...started(message), type: 'held', failure, delayMs: 5 }],
  },
  'was released': { before: (message) => [{ ...started(message), type: 'handed-back' }] },
  'has failed at the same attempt': {
    before: (message) => [{ ...started(message), type: 'retried', state: 'retrying', failure, delayMs: 5 }],
  },
  'has succeeded before': { before: (message) => [succeededFirst(message)] },
  'was cancelled': {
    act: (store, { id }) => store.control([{ action: 'cancel', jobId: id, by: 'ann' }]),
  },
  'is asked for by a worker that had it again': {
    act: (store, { id: jobId, queue }) => store.begin([{ ...START, jobId, queue }]),
  },
  'is not known': { isUnknown: true },
};

const MESSAGES = Object.keys(CASES).map((name) => sampleMessage('q', name));

/** Everything that a ledger holds of these jobs after each has succeeded, as its success or as an event that is applied as others are. */
async function ledgerAfter(toEvents: (success: SucceededEvent) => readonly JobEvent[], isTogether: boolean) {
  const file = await freshFile();
  const { store, database } = await openDatabase(file, { clock: createManualClock(1_700_000_040_000) });
  const successes: JobEvent[] = [];
  for (const [index, given] of Object.values(CASES).entries()) {
    const message = MESSAGES[index] as JobMessage;
    if (given.isUnknown !== true)
      await store.accept([{ ...sampleEntry(message, given.delayMs), ...given.entry }]);
    const before = given.before?.(message) ?? [];
    if (before.length > 0) await store.apply(before);
    await given.act?.(store, message);
    successes.push(...toEvents({ ...succeededFirst(message), ...given.success } as SucceededEvent));
  }
  if (isTogether) await store.apply(successes);
  else for (const event of successes) await store.apply([event]);
  await database.close();
  return contentsOf(file);
}

function contentsOf(file: string) {
  const connection = openConnection(file);
  const rowsOf = (table: string) => connection.prepare(`SELECT * FROM ${table}`).all();
  const tables = ['job', 'job_body', 'job_tag', 'attempt', 'counter', 'rollup', 'start'];
  const contents = Object.fromEntries(tables.map((table) => [table, rowsOf(table)]));
  const changed = connection
    .prepare('SELECT DISTINCT value FROM change, json_each(change.ids) ORDER BY value')
    .all();
  connection.close();
  return { ...contents, changed };
}

test.each([true, false])(
  'a first success leaves the ledger as its event would, whatever the job was before (all in one call: %s)',
  async (isTogether) => {
    // An event of a named run is never taken for a first success.
    const byEvents = await ledgerAfter((success) => [{ ...success, run: 0 }], isTogether);

    expect(await ledgerAfter((success) => [success], isTogether)).toEqual(byEvents);
    expect(await ledgerAfter((success) => [success, success], isTogether)).toEqual(byEvents);
  },
);

test('the start of an attempt that has succeeded, in the same call, adds nothing', async () => {
  const startOf = ({ type: _type, result: _result, state: _state, ...base }: SucceededEvent): JobEvent => ({
    ...base,
    type: 'started',
    workerId: 'w1',
    at: base.startedAt ?? base.at,
  });
  const named = { run: 0 } as const;

  expect(await ledgerAfter((success) => [startOf(success), success], true)).toEqual(
    await ledgerAfter(
      (success) => [
        { ...startOf(success), ...named },
        { ...success, ...named },
      ],
      true,
    ),
  );
});
