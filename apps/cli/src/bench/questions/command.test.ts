import { expect, test } from 'vitest';
import { describeQuestions } from './command.ts';

test('the report shows each question, says which aims were missed, and compares enqueueing in each round', () => {
  const durations = { p50: 1, p95: 4, p99: 5, max: 6 };
  const alone = { ...durations, p99: 10 };
  const report = describeQuestions({
    jobCount: 1_000_000,
    questions: [
      { ...durations, title: 'all counts', aimMs: 5 },
      { ...durations, title: 'state, no match', p95: 301, aimMs: 300 },
      { ...durations, title: 'count of an error code' },
    ],
    enqueue: [11, 12, 15].map((p99) => ({ alone, withWorst: { ...durations, p99 } })),
  });

  expect(report).toContain('1,000,000 jobs');
  expect(report).toMatch(/all counts .* ≤ 5 ms +│/);
  expect(report).toMatch(/state, no match .* ≤ 300 ms, missed/);
  expect(report).toContain('10.0 ms; with 20 of the worst questions at once 12.0 ms, ratio 1.20');
});
