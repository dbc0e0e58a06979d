import { expect, test } from 'vitest';
import { differenceWords } from './difference-words.ts';

test('the most frequent values are named with their counts', () => {
  const values = [
    { value: 'mail-2', count: 52 },
    { value: 'mail-1', count: 47 },
    { value: 'mail-3', count: 1 },
  ];

  expect(differenceWords(values.slice(0, 2))).toBe('mail-2 52, mail-1 47');
  expect(differenceWords(values)).toBe('mail-2 52, mail-1 47, others');
});

test('at most eight values are named', () => {
  const values = Array.from({ length: 9 }, (_, index) => ({ value: `w${index}`, count: 2 }));

  expect(differenceWords(values)).toBe(
    `${values
      .slice(0, 8)
      .map(({ value }) => `${value} 2`)
      .join(', ')}, others`,
  );
});

test('of values that are different in each job, three are examples', () => {
  const values = ['a', 'b', 'c', 'd'].map((value) => ({ value, count: 1 }));

  expect(differenceWords(values)).toBe('different in each, such as a, b, c');
});
