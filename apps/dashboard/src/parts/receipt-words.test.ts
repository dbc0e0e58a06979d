import { expect, test } from 'vitest';
import { receiptWords } from './receipt-words.ts';

const RECEIPT = { isChanged: true, confirmed: ['mail-1'], silent: [], isControlAway: false, unaware: [] };
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test('a queue that every worker knows to be paused is paused', () => {
  expect(receiptWords('mail', 'pause', RECEIPT)).toBe('Queue mail is paused.');
});

test('workers that did not answer are counted', () => {
  const receipt = { ...RECEIPT, isChanged: false, silent: ['mail-2', 'mail-3'] };

  expect(plain(receiptWords('mail', 'pause', receipt))).toBe(
    'Queue mail was paused already. 2 workers did not answer, and will ask before the next job.',
  );
});

test('where no process answers workers, that is said instead', () => {
  const receipt = { ...RECEIPT, silent: ['mail-2'], isControlAway: true };

  expect(receiptWords('mail', 'resume', receipt)).toBe(
    'Queue mail is resumed. No process answers workers: they go on unasked after 30 s.',
  );
});
