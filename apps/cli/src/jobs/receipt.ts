import type { ActionReceipt } from '@leveret/control';
import type { AttemptRecord, ControlAction } from '@leveret/core';
import { renderUnconfirmed, toConfirmationJson } from '../control/confirmation.ts';
import { withMoments } from '../ledger/moments.ts';
import { toLine } from '../ledger/words.ts';

/** What became of an action on one job. */
export interface ActionReport {
  readonly action: ControlAction;
  readonly receipt: ActionReceipt;
  readonly maxAttempts?: number;
  /** The attempt that was running. */
  readonly run?: AttemptRecord;
  /** Whether that attempt has ended; absent when it was not waited for. */
  readonly hasEnded?: boolean;
}

/** What became of an action, for people. */
export function renderReceipt(report: ActionReport): string {
  const { receipt } = report;
  const lines = [
    `${receipt.jobId} ${renderAction(report)}`,
    ...(receipt.dispatch === 'undispatched'
      ? ['not published yet, the broker does not take it: an API process publishes it as soon as it does']
      : []),
    ...renderUnconfirmed(receipt),
  ];
  return lines.map(toLine).join('\n');
}

/** What became of an action as `--json` prints it. */
export function toReceiptJson(report: ActionReport): Readonly<Record<string, unknown>> {
  const { action, receipt, maxAttempts, run, hasEnded } = report;
  const { confirmed, silent, isControlAway, unaware, attempt, ...done } = receipt;
  return {
    action,
    ...done,
    ...(attempt === undefined ? {} : { attempt, maxAttempts }),
    ...toConfirmationJson({ confirmed, silent, isControlAway, unaware }),
    ...(run === undefined ? {} : { run: withMoments(run) }),
    ...(hasEnded === undefined ? {} : { hasEnded }),
  };
}

function renderAction(report: ActionReport): string {
  const { action, receipt, run, hasEnded } = report;
  switch (action) {
    case 'cancel':
      return receipt.before === 'running'
        ? renderRun(run, hasEnded)
        : 'cancelled: no worker starts it any more';
    case 'discard':
      return 'discarded: leveret jobs restore undoes it until it is deleted';
    case 'restore':
      return 'restored: it is dead again';
    case 'run-now':
      return `runs now as ${attemptOf(report)}`;
    case 'retry':
      return `runs again as ${attemptOf(report)}`;
  }
}

function attemptOf({ receipt: { attempt }, maxAttempts }: ActionReport): string {
  return `attempt ${attempt}${maxAttempts === undefined ? '' : ` of ${maxAttempts}`}`;
}

function renderRun(run: AttemptRecord | undefined, hasEnded: boolean | undefined): string {
  if (run === undefined) return 'cancelled: its handler is aborted';
  const { attempt, workerId = 'unknown', outcome } = run;
  if (outcome !== undefined) return `cancelled: attempt ${attempt} has ended, ${outcome}`;
  const running = `cancelling: attempt ${attempt} runs on worker ${workerId}`;
  return hasEnded === false ? `${running}, and has not ended in time` : running;
}
