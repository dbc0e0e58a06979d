import type { JobPage } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, onTestFinished, test } from 'vitest';
import { openConnection, type SqlConnection } from '../file/libsql.ts';
import { migrate } from '../file/schema/schema.ts';
import { createReaderQuestions, type QuestionOutcome } from './questions.ts';

/** More than are searched in one step. */
const JOB_COUNT = 10_000;

function insertInto(connection: SqlConnection) {
  const insert = connection.prepare(
    `INSERT INTO job (id, kind, queue, priority, state, attempt, max_attempts, settled_attempt, created_at, updated_at)
       VALUES (?, 'mail.send', 'mail', 'normal', 'queued', 0, 1, 0, ?, ?)`,
  );
  return { insert };
}

function setUp() {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  migrate(connection);
  const { insert } = insertInto(connection);
  connection.exec('BEGIN');
  for (let number = 0; number < JOB_COUNT; number += 1) insert.run(`id-${number}`, 0, number);
  connection.exec('COMMIT');
  const clock = createManualClock();
  const questions = createReaderQuestions(connection, clock);
  const outcomes: QuestionOutcome[] = [];
  const ask = (created: { readonly from: number }) =>
    questions.ask(
      { kind: 'list', request: { filter: { created }, order: 'newest-first', limit: 10 } },
      (outcome) => outcomes.push(outcome),
    );
  return { connection, clock, questions, outcomes, ask };
}

test('a search that takes longer than 2 s is stopped, and says how many jobs were searched', async () => {
  const { clock, questions, outcomes, ask } = setUp();
  ask({ from: 1 });
  expect(questions.step()).toBe(true);
  await clock.advance(2_001);

  expect(questions.step()).toBe(false);

  expect(outcomes).toMatchObject([
    { ok: false, error: { code: 'QUERY_TOO_BROAD', details: { searched: 8_000 } } },
  ]);
});

test('a search that finds nothing answers when it has searched all jobs', () => {
  const { questions, outcomes, ask } = setUp();
  ask({ from: 1 });

  while (questions.step());

  expect(outcomes).toEqual([{ ok: true, answer: { jobs: [] } }]);
});

test('pages of rare jobs are found across many steps', () => {
  const { connection, questions, outcomes } = setUp();
  connection.exec('UPDATE job SET created_at = 7 WHERE updated_at % 3000 = 1');
  const filter = { created: { from: 7 } };
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const request = {
      filter,
      order: 'oldest-first' as const,
      limit: 2,
      ...(cursor === undefined ? {} : { cursor }),
    };
    questions.ask({ kind: 'list', request }, (outcome) => outcomes.push(outcome));
    while (questions.step());
    const outcome = outcomes.pop();
    const page = (outcome?.ok ? outcome.answer : expect.unreachable()) as JobPage;
    found.push(...page.jobs.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== undefined);

  expect(found).toEqual(['id-1', 'id-3001', 'id-6001', 'id-9001']);
});

test.each([
  [{ created: { from: 0 } }, 10_000, true],
  [{ updated: { from: 1 } }, 9_999, true],
  [{ kind: { name: 'mail.', isPrefix: true } }, 10_005, true],
  [{}, 10_005, true],
  [{ created: { from: -1 } }, 10_000, false],
] as const)(
  'jobs are counted exactly up to 10,000, and by the counters beyond: %j',
  (filter, count, isExact) => {
    const { questions, outcomes, connection } = setUp();
    const { insert } = insertInto(connection);
    for (let number = 0; number < 5; number += 1) insert.run(`more-${number}`, -1, 0);
    questions.ask({ kind: 'count', filter }, (outcome) => outcomes.push(outcome));

    while (questions.step());

    const byState = { byState: { queued: count } };
    expect(outcomes).toEqual([{ ok: true, answer: { count, isExact, ...(isExact ? byState : {}) } }]);
  },
);

test('several questions take turns', () => {
  const { questions, outcomes, ask } = setUp();
  ask({ from: 1 });
  ask({ from: 0 });
  questions.step();
  expect(outcomes).toEqual([]);

  questions.step();

  expect(outcomes).toMatchObject([{ ok: true, answer: { jobs: { length: 10 } } }]);
});
