import type { Queue } from '../../api/queues.ts';
import { formatCounted } from '../../format/number.ts';

/** What pausing a queue does to its jobs: to those that wait, that are delayed, and that run. */
export function pauseWords({ counts }: Pick<Queue, 'counts'>): string {
  const queued = counts.queued ?? 0;
  const delayed = (counts.scheduled ?? 0) + (counts.retrying ?? 0);
  const running = counts.running ?? 0;
  return [
    'Workers start no more jobs of it: new ones wait.',
    queued === 0 ? 'No job waits now.' : `${formatCounted(queued, 'job')} will go on waiting.`,
    delayed > 0 && `${formatCounted(delayed, 'delayed or retrying job')} will wait, too, when due.`,
    running > 0 && `${formatCounted(running, 'running job')} will finish.`,
  ]
    .filter((sentence) => sentence !== false)
    .join(' ');
}
