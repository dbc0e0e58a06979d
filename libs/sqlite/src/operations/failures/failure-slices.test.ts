import { FAILURE_TREND_MS, FAILURE_TREND_STEP_MS } from '@leveret/core';
import { expect, onTestFinished, test } from 'vitest';
import { openConnection } from '../../file/libsql.ts';
import { migrate } from '../../file/schema/schema.ts';
import { createFailureSlices, type NewFailure } from './failure-slices.ts';

const NOW = 1_700_000_100_000;

function setUp() {
  const connection = openConnection(':memory:');
  onTestFinished(() => connection.close());
  migrate(connection);
  const rows = connection.prepare('SELECT * FROM failure_slice ORDER BY start_at, fingerprint');
  return { slices: createFailureSlices(connection), rows: () => rows.all().map((row) => [...row]) };
}

function failure(fingerprint: string, isNewJob = false): NewFailure {
  return { fingerprint, isNewJob };
}

test('failures of a batch are added to the row of their fingerprint and time', () => {
  const { slices, rows } = setUp();

  slices.add([failure('a', true), failure('b'), failure('a')], NOW);
  slices.add([failure('a', true)], NOW + FAILURE_TREND_STEP_MS - 1);
  slices.add([failure('a')], NOW + FAILURE_TREND_STEP_MS);

  expect(rows()).toEqual([
    ['a', NOW, 3, 2],
    ['b', NOW, 1, 0],
    ['a', NOW + FAILURE_TREND_STEP_MS, 1, 0],
  ]);
});

test('rows that are a day old are deleted with the next failure, the oldest first, and at most 500 each time', () => {
  const { slices, rows } = setUp();
  const many = Array.from({ length: 600 }, (_, number) => failure(`many-${number}`));
  slices.add(many, NOW - FAILURE_TREND_STEP_MS);
  slices.add([failure('old')], NOW);
  slices.add([failure('young')], NOW + FAILURE_TREND_STEP_MS);

  slices.add([failure('young')], NOW + FAILURE_TREND_MS);
  expect(rows()).toHaveLength(100 + 3);

  slices.add([failure('young')], NOW + FAILURE_TREND_MS);
  expect(rows()).toEqual([
    ['young', NOW + FAILURE_TREND_STEP_MS, 1, 0],
    ['young', NOW + FAILURE_TREND_MS, 2, 0],
  ]);
});
