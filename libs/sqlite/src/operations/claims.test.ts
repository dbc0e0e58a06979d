import { JOB_PRIORITIES, type JobPriority } from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { openConnection, type SqlConnection } from '../file/libsql.ts';
import { migrate } from '../file/schema/schema.ts';
import { createClaims } from './claims.ts';

const ALL = 1_000;

function setUp() {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  migrate(connection);
  const insert = connection.prepare(
    `INSERT INTO message (queue, priority, due_at, id, kind, version, attempt, created_at, held_ms, body)
       VALUES (?, ?, ?, 'j', 'k', 1, 1, 1, 0, x'31')`,
  );
  const add = (priority: JobPriority, count: number, dueAt: number | null = null) => {
    for (let left = count; left > 0; left -= 1) insert.run('q', priority, dueAt);
  };
  const claims = createClaims(connection, 1);
  const claim = (limit: number, now = 0) =>
    claims.claim('q', limit, now)[0].map(([seq, , , , , , , priority]) => ({ seq: Number(seq), priority }));
  return { connection, claims, add, claim };
}

test('with jobs in all lanes, 21 that are claimed at once are 16, 4 and 1, the urgent ones first and nobody last for long', () => {
  const { add, claim } = setUp();
  for (const lane of JOB_PRIORITIES) add(lane, 30);

  const lanes = claim(21).map(({ priority }) => priority);

  expect(lanes.map((lane) => String(lane)[0]).join('')).toBe('hhnhhhhnhhlhhhnhhhnhh');
});

test('claimed one by one the turns are the same', () => {
  const { add, claim } = setUp();
  for (const lane of JOB_PRIORITIES) add(lane, 30);

  const lanes = Array.from({ length: 21 }, () => claim(1)[0]?.priority);

  expect(lanes.map((lane) => String(lane)[0]).join('')).toBe('hhnhhhhnhhlhhhnhhhnhh');
});

test('what a lane has not got goes to the others, and within a lane the first to come is the first', () => {
  const { add, claim } = setUp();
  add('low', 3);
  add('high', 1);
  add('low', 2, 5);

  expect(claim(10, 4)).toEqual([
    { seq: 4, priority: 'high' },
    { seq: 1, priority: 'low' },
    { seq: 2, priority: 'low' },
    { seq: 3, priority: 'low' },
  ]);
  expect(claim(10, 5).map(({ seq }) => seq)).toEqual([5, 6]);
});

test.each(JOB_PRIORITIES)(
  'a %s job that waits for its time is told, and can be claimed from then on',
  (lane) => {
    const { add, claims } = setUp();
    add(lane, 1, 50);

    expect(claims.claim('q', 1, 20)).toEqual([[], 30]);
    expect(claims.hasClaimable('q', 49)).toBe(false);
    expect(claims.hasClaimable('q', 50)).toBe(true);
    expect(claims.claim('q', ALL, 50)[0]).toHaveLength(1);
  },
);

test('a claim finds what it looks for by the indexes of what waits', () => {
  const { connection } = setUp();
  const statements: string[] = [];
  const spy: SqlConnection = {
    ...connection,
    prepare(sql) {
      statements.push(sql);
      return connection.prepare(sql);
    },
  };

  createClaims(spy, 1);

  for (const sql of statements) {
    const plan = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all('q', 1, 1);
    const steps = plan.map(([, , , detail]) => String(detail));
    expect(
      steps.filter((step) => /\bmessage\b/.test(step) && !/INDEX message_(ready|due)|PRIMARY KEY/.test(step)),
    ).toEqual([]);
  }
});
