import {
  type ControlAnswer,
  messageOf,
  type OperationItem,
  type OperationRecord,
  type OperationSlice,
} from '@leveret/core';
import { isFileFault, type SqlConnection, type SqlRow } from '../../file/libsql.ts';
import { OPERATION_COLUMNS, toItem, toOperation } from './bulk-rows.ts';
import type { JobControl } from './job-control.ts';
import type { Moment } from './moment.ts';

/** After so many bytes of payloads that are to be published, a step ends. */
const STEP_BYTES = 4_194_304;

/** Carries operations out. */
export interface BulkWork {
  /** Carries an operation out for its next `limit` jobs, or fewer when their payloads are large. @param row Of {@link OPERATION_COLUMNS}. */
  work(row: SqlRow, limit: number, moment: Moment): OperationSlice;
}

/** What became of one item. */
interface Worked {
  readonly outcome: Exclude<OperationItem['outcome'], 'waiting'>;
  readonly reason?: string;
  readonly answer?: ControlAnswer;
}

/** Creates it. */
export function createBulkWork(connection: SqlConnection, jobs: JobControl): BulkWork {
  // Items are worked in order: those that are done come first.
  const listNext = connection.prepare(
    'SELECT number, job_id, outcome, reason FROM operation_item WHERE operation = ? AND number > ? ORDER BY number LIMIT ?',
  );
  const setItem = connection.prepare(
    'UPDATE operation_item SET outcome = ?, reason = ? WHERE operation = ? AND number = ?',
  );
  const begin = connection.prepare('SAVEPOINT item');
  const release = connection.prepare('RELEASE item');
  const rollBack = connection.prepare('ROLLBACK TO item');
  const count = connection.prepare(
    `UPDATE operation SET done = done + ?1, skipped = skipped + ?2, failed = failed + ?3,
         state = iif(done + skipped + failed + ?1 + ?2 + ?3 = total, 'done', state),
         finished_at = iif(done + skipped + failed + ?1 + ?2 + ?3 = total, ?4, NULL)
       WHERE number = ?5 RETURNING ${OPERATION_COLUMNS}`,
  );

  /** Nothing of a job that the ledger refuses stays, and the others are done. */
  function workOn(jobId: string, { id: operationId, ...request }: OperationRecord, moment: Moment): Worked {
    begin.run();
    try {
      const { action, by, reason } = request;
      const author = reason === undefined ? { by } : { by, reason };
      const answer = jobs.carryOut({ action, jobId, operationId, ...author, ...moment });
      release.run();
      return answer.kind === 'done'
        ? { outcome: 'done', answer }
        : { outcome: 'skipped', reason: answer.reason, answer };
    } catch (error) {
      if (isFileFault(error)) throw error;
      rollBack.run();
      release.run();
      return { outcome: 'failed', reason: messageOf(error) };
    }
  }

  return {
    work(row, limit, moment) {
      const number = Number(row[0]);
      const operation = toOperation(row);
      const items = listNext.all(number, operation.done + operation.skipped + operation.failed, limit);
      const counts = { done: 0, skipped: 0, failed: 0 };
      const answers: ControlAnswer[] = [];
      let sizeBytes = 0;
      for (const item of items.map(toItem)) {
        if (sizeBytes >= STEP_BYTES) break;
        const { outcome, reason = null, answer } = workOn(item.jobId, operation, moment);
        setItem.run(outcome, reason, number, item.number);
        counts[outcome] += 1;
        if (answer !== undefined) answers.push(answer);
        if (answer?.kind === 'done') sizeBytes += answer.outgoing?.message.body.byteLength ?? 0;
      }
      const { done, skipped, failed } = counts;
      const after = count.get(done, skipped, failed, moment.at, number);
      return { operation: toOperation(after ?? row), answers };
    },
  };
}
