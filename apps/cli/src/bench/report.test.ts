import { expect, test } from 'vitest';
import { renderTable, toResult } from './report.ts';
import type { Scenario } from './scenarios.ts';

const scenario = { title: 'enqueue', unit: '/s', aims: { RabbitMQ: '≥ 0.85' } } as Scenario;

test('the ratio is the median of the rounds, not the ratio of the medians', () => {
  const rounds = [
    { leveret: 100, baseline: 100, pauseMs: 2, cpuRatio: 0.9 },
    { leveret: 90, baseline: 60, pauseMs: 5, cpuRatio: 0.8 },
    { leveret: 10, baseline: 100, pauseMs: 3, cpuRatio: 0.5 },
  ];

  expect(toResult(scenario, 'RabbitMQ', rounds)).toMatchObject({
    leveret: 90,
    baseline: 100,
    ratio: 1,
    ratioMin: 0.1,
    ratioMax: 1.5,
    pauseMs: 5,
    cpuRatio: 0.8,
  });
});

test('the table shows both sides, their ratio and its spread, the aim, the processor time and the pause', () => {
  const table = renderTable(
    [toResult(scenario, 'RabbitMQ', [{ leveret: 12_345, baseline: 10_000, pauseMs: 4.56, cpuRatio: 0.79 }])],
    'amqplib',
  );

  for (const shown of ['enqueue', '12,345 /s', '10,000 /s', '1.23', 'amqplib', '≥ 0.85', '0.79', '4.6 ms'])
    expect(table).toContain(shown);
});
