import type { OperationItem, OperationRecord } from '@leveret/core';
import { renderUnaware } from '../control/confirmation.ts';
import { withMoments } from '../ledger/moments.ts';
import { renderTable } from '../ledger/table.ts';
import { toDistance, toLine, toMomentText } from '../ledger/words.ts';

/** Longer than every name of a field of an operation. */
const COLUMN = 12;

/** An operation and those of its jobs that were skipped or failed. */
export interface OperationReport {
  readonly operation: OperationRecord;
  /** Some of them, in the order of the operation. */
  readonly notDone: readonly OperationItem[];
}

/** How many jobs, for people. */
export function toJobCount(count: number): string {
  return count === 1 ? '1 job' : `${count.toLocaleString('en')} jobs`;
}

/** How far an operation is, in one line. */
export function renderProgress({ id, action, state, total, done, skipped, failed }: OperationRecord): string {
  const figures = [`${format(done)} done`, `${format(skipped)} skipped`, `${format(failed)} failed`];
  return `${action} ${state}: ${figures.join(', ')} of ${toJobCount(total)} (operation ${id})`;
}

/** Operations for people, one a line, in their order. */
export function renderOperations(operations: readonly OperationRecord[], now: number): string {
  const head = ['id', 'action', 'state', 'jobs', 'done', 'skipped', 'failed', 'by', 'created', 'selection'];
  const rows = operations.map((operation) => [
    operation.id,
    operation.action,
    operation.state,
    format(operation.total),
    format(operation.done),
    format(operation.skipped),
    format(operation.failed),
    operation.by,
    toDistance(operation.createdAt, now),
    operation.selection,
  ]);
  return renderTable(head, rows, ['left', 'left', 'left', 'right', 'right', 'right', 'right']);
}

/** All that is known of an operation, for people. */
export function renderReport({ operation, notDone }: OperationReport, now: number): string {
  return [
    ...renderFields(operation, now),
    ...renderWarnings(operation),
    ...renderNotDone({ operation, notDone }),
  ].join('\n');
}

/** How an operation ended, for people. */
export function renderOutcome(report: OperationReport): string {
  const { operation } = report;
  return [renderProgress(operation), ...renderWarnings(operation), ...renderNotDone(report)].join('\n');
}

/** An operation as `--json` prints it. */
export function toOperationJson(operation: OperationRecord): Readonly<Record<string, unknown>> {
  return { ...withMoments(operation), unaware: operation.unaware.map(withMoments) };
}

/** An operation as `--json` prints it, with the jobs that were not done. */
export function toReportJson({ operation, notDone }: OperationReport): Readonly<Record<string, unknown>> {
  return { ...toOperationJson(operation), notDone };
}

function renderWarnings({ unaware }: OperationRecord): readonly string[] {
  return renderUnaware(unaware).map(toLine);
}

function renderFields(operation: OperationRecord, now: number): readonly string[] {
  const { createdAt, finishedAt, perSecond, reason } = operation;
  const fields: Readonly<Record<string, string | undefined>> = {
    id: operation.id,
    action: operation.action,
    state: operation.state,
    selection: operation.selection === '' ? 'all jobs' : operation.selection,
    by: operation.by,
    reason,
    rate: perSecond === undefined ? undefined : `${format(perSecond)} jobs a second`,
    created: toMomentText(createdAt, now),
    finished: finishedAt === undefined ? undefined : toMomentText(finishedAt, now),
    jobs: format(operation.total),
    done: format(operation.done),
    skipped: format(operation.skipped),
    failed: format(operation.failed),
  };
  return Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name.padEnd(COLUMN)}${toLine(value)}`],
  );
}

function renderNotDone({ operation, notDone }: OperationReport): readonly string[] {
  const left = operation.skipped + operation.failed - notDone.length;
  if (notDone.length === 0) return [];
  const rows = notDone.map(({ jobId, outcome, reason = '' }) => [jobId, outcome, reason]);
  const more =
    left <= 0 ? [] : [`and ${toJobCount(left)} more: leveret operations show ${operation.id} --limit 1000`];
  return ['', renderTable(['job', 'outcome', 'reason'], rows), ...more];
}

function format(count: number): string {
  return count.toLocaleString('en');
}
