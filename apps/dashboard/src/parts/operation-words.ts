import { isOpen } from '../api/operation-state.ts';
import type { Operation } from '../api/operations.ts';
import { formatCount, formatCounted } from '../format/number.ts';
import { ACTION_WORDS } from './action-words.ts';

const STATE_WORDS: Readonly<Record<Operation['state'], string>> = {
  collecting: 'choosing its jobs',
  running: 'running',
  stopped: 'stopped',
  done: 'done',
};

/** What an operation is, such as `Retry 2,310 jobs`. */
export function operationTitle({ action, total }: Pick<Operation, 'action' | 'total'>): string {
  return `${ACTION_WORDS[action].verb} ${formatCounted(total, 'job')}`;
}

/** Where an operation stands, in one word. */
export function operationState({ state }: Pick<Operation, 'state'>): string {
  return STATE_WORDS[state];
}

/** What came of the jobs of an operation: `412 sent to run again, 3 skipped, 1 failed, 84 left`. */
export function outcomeWords(operation: Operation): string {
  const { action, total, done, skipped, failed } = operation;
  const left = total - done - skipped - failed;
  const parts = [
    `${formatCount(done)} ${ACTION_WORDS[action].done}`,
    ...(skipped > 0 ? [`${formatCount(skipped)} skipped`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(left > 0 ? [`${formatCount(left)} ${isOpen(operation) ? 'left' : 'left as they were'}`] : []),
  ];
  return parts.join(', ');
}
