import { expect, test } from 'vitest';
import { pauseWords } from './pause-words.ts';

const wordsFor = (counts: Parameters<typeof pauseWords>[0]['counts']) =>
  pauseWords({ counts }).replaceAll('\u00a0', ' ');

test('jobs that are due later wait, too, where none waits now', () => {
  expect(wordsFor({ scheduled: 12, retrying: 3, running: 1 })).toBe(
    'Workers start no more jobs of it: new ones wait. No job waits now. 15 delayed or retrying jobs will wait, too, when due. 1 running job will finish.',
  );
});

test('only what is there is named', () => {
  expect(wordsFor({ queued: 2, dead: 7 })).toBe(
    'Workers start no more jobs of it: new ones wait. 2 jobs will go on waiting.',
  );
  expect(wordsFor({})).toBe('Workers start no more jobs of it: new ones wait. No job waits now.');
});
