import { expect, test } from 'vitest';
import { renderTable, toResult } from './report.ts';
import type { Scenario } from './scenarios.ts';

const scenario = { title: 'enqueue', unit: '/s', aim: '≥ 0.85' } as Scenario;

test('the ratio is the median of the rounds, not the ratio of the medians', () => {
  const rounds = [
    { leveret: 100, baseline: 100 },
    { leveret: 90, baseline: 60 },
    { leveret: 10, baseline: 100 },
  ];

  expect(toResult(scenario, rounds)).toMatchObject({
    leveret: 90,
    baseline: 100,
    ratio: 1,
    ratioMin: 0.1,
    ratioMax: 1.5,
  });
});

test('the table shows both sides, their ratio and its spread, and the aim', () => {
  const table = renderTable([toResult(scenario, [{ leveret: 12_345, baseline: 10_000 }])], 'amqplib');

  for (const shown of ['enqueue', '12,345 /s', '10,000 /s', '1.23', 'amqplib', '≥ 0.85'])
    expect(table).toContain(shown);
});
