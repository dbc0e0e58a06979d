import type { ControlAction } from '@leveret/core';

/** What an action does to jobs, as a verb and as what was done. */
export const ACTION_WORDS: Readonly<
  Record<ControlAction, { readonly verb: string; readonly done: string; readonly doing: string }>
> = {
  cancel: { verb: 'Cancel', done: 'cancelled', doing: 'Cancelling' },
  'run-now': { verb: 'Run now', done: 'sent to run now', doing: 'Running now' },
  retry: { verb: 'Retry', done: 'sent to run again', doing: 'Retrying' },
  discard: { verb: 'Discard', done: 'discarded', doing: 'Discarding' },
  restore: { verb: 'Restore', done: 'restored', doing: 'Restoring' },
};
