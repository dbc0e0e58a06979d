import type { QueueReceiptView } from '@leveret/http-contract/admin';
import { formatCounted } from '../format/number.ts';

/** What became of pausing or resuming a queue, in words. */
export function receiptWords(queue: string, action: 'pause' | 'resume', receipt: QueueReceiptView): string {
  const { isChanged, silent, unaware, isControlAway } = receipt;
  const state = action === 'pause' ? 'paused' : 'resumed';
  const sentences = [isChanged ? `Queue ${queue} is ${state}.` : `Queue ${queue} was ${state} already.`];
  if (isControlAway) sentences.push('No process answers workers: they go on unasked after 30 s.');
  else if (silent.length > 0)
    sentences.push(
      `${formatCounted(silent.length, 'worker')} did not answer, and will ask before the next job.`,
    );
  if (unaware.length > 0 && action === 'pause')
    sentences.push(`${formatCounted(unaware.length, 'worker')} of an older version may go on.`);
  return sentences.join(' ');
}
