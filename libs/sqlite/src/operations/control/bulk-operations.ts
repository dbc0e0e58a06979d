import {
  type ControlAuthor,
  joinUnaware,
  MAX_UNAWARE_NAMED,
  type OperationClaim,
  type OperationItem,
  type OperationRecord,
  type OperationRequest,
  type OperationSlice,
  type OperationState,
  type UnawareWorker,
} from '@leveret/core';
import type { SqlConnection, SqlRow } from '../../file/libsql.ts';
import type { Audit } from './audit.ts';
import { OPERATION_COLUMNS, toItem, toOperation } from './bulk-rows.ts';
import { createBulkWork } from './bulk-work.ts';
import type { JobControl } from './job-control.ts';
import type { Moment } from './moment.ts';

/** When nothing was added to an operation for so long, in milliseconds, the process that chose its jobs counts as dead. */
const COLLECTING_MS = 3_600_000;

/** What they work with. */
export interface BulkContext {
  readonly jobs: JobControl;
  readonly audit: Audit;
}

/** One step of the work on an operation. */
export interface OperationStep extends OperationClaim {
  readonly operationId: string;
  readonly limit: number;
}

/** What is done to many jobs: see `ControlStore` of the core. */
export function createBulkOperations(connection: SqlConnection, { jobs, audit }: BulkContext) {
  const insert = connection.prepare(
    `INSERT INTO operation (id, action, selection, author, reason, per_second, state, created_at, leased_until)
       VALUES (?, ?, ?, ?, ?, ?, 'collecting', ?, ?) RETURNING ${OPERATION_COLUMNS}`,
  );
  const find = connection.prepare(`SELECT ${OPERATION_COLUMNS} FROM operation WHERE id = ?`);
  const list = connection.prepare(`SELECT ${OPERATION_COLUMNS} FROM operation ORDER BY number DESC LIMIT ?`);
  const insertItem = connection.prepare(
    'INSERT INTO operation_item (operation, number, job_id) VALUES (?, ?, ?) ON CONFLICT (operation, job_id) DO NOTHING',
  );
  const setTotal = connection.prepare('UPDATE operation SET total = ?, leased_until = ? WHERE number = ?');
  const setState = connection.prepare(
    `UPDATE operation SET state = ?, finished_at = ?, leased_until = 0 WHERE number = ? RETURNING ${OPERATION_COLUMNS}`,
  );
  const stopAbandoned = connection.prepare(
    `UPDATE operation SET state = 'stopped', finished_at = ? WHERE finished_at IS NULL AND state = 'collecting' AND leased_until <= ?`,
  );
  const claim = connection.prepare(
    `UPDATE operation SET holder = ?1, leased_until = ?2
       WHERE number = (SELECT number FROM operation
         WHERE finished_at IS NULL AND state = 'running' AND (?3 IS NULL OR id = ?3) AND (holder = ?1 OR leased_until <= ?4)
         ORDER BY number LIMIT 1)
       RETURNING ${OPERATION_COLUMNS}`,
  );
  const listItems = connection.prepare(
    `SELECT item.number, item.job_id, item.outcome, item.reason FROM operation JOIN operation_item AS item ON item.operation = operation.number
       WHERE operation.id = ? AND item.number >= ? ORDER BY item.number LIMIT ?`,
  );
  const setUnaware = connection.prepare('UPDATE operation SET unaware = ? WHERE id = ?');
  const bulkWork = createBulkWork(connection, jobs);

  function found(operationId: string): OperationRecord | undefined {
    const row = find.get(operationId);
    return row && toOperation(row);
  }

  function claimRow({ operationId, holder, leaseMs }: OperationClaim, now: number): SqlRow | undefined {
    return claim.get(holder, now + leaseMs, operationId ?? null, now);
  }

  /** `row` in another state, which is in the audit. */
  function enter(row: SqlRow, state: OperationState, { by, reason }: ControlAuthor, { at }: Moment) {
    const operation = toOperation(row);
    const author = reason === undefined ? { by } : { by, reason };
    const entry = { at, operationId: operation.id, ...author };
    if (state === 'stopped') audit.add({ ...entry, action: 'stop-operation' });
    else audit.add({ ...entry, action: 'start-operation', detail: toDetail(operation) });
    const changed = setState.get(state, state === 'running' ? null : at, Number(row[0]));
    return toOperation(changed ?? row);
  }

  return {
    createOperation(id: string, request: OperationRequest, { now, at }: Moment): OperationRecord {
      const { action, selection, by, reason = null, perSecond = null } = request;
      const row = insert.get(id, action, selection, by, reason, perSecond, at, now + COLLECTING_MS);
      return toOperation(row ?? []);
    },
    addToOperation(operationId: string, jobIds: readonly string[], now: number): void {
      const row = find.get(operationId);
      if (row === undefined) return;
      const { state, total } = toOperation(row);
      if (state !== 'collecting') return;
      let count = total;
      for (const jobId of jobIds) count += insertItem.run(Number(row[0]), count + 1, jobId);
      setTotal.run(count, now + COLLECTING_MS, Number(row[0]));
    },
    runOperation(operationId: string, moment: Moment): OperationRecord | undefined {
      const row = find.get(operationId);
      if (row === undefined) return undefined;
      const operation = toOperation(row);
      if (operation.state !== 'collecting') return operation;
      return enter(row, operation.total === 0 ? 'done' : 'running', operation, moment);
    },
    claimOperation(given: OperationClaim, { now, at }: Moment): OperationRecord | undefined {
      stopAbandoned.run(at, now);
      const row = claimRow(given, now);
      return row && toOperation(row);
    },
    workOperation({ limit, ...given }: OperationStep, moment: Moment): OperationSlice {
      const row = claimRow(given, moment.now);
      if (row !== undefined) return bulkWork.work(row, limit, moment);
      const operation = found(given.operationId);
      return operation === undefined || operation.state === 'running'
        ? { answers: [] }
        : { operation, answers: [] };
    },
    noteUnaware(operationId: string, workers: readonly UnawareWorker[]): void {
      const operation = found(operationId);
      if (operation === undefined || workers.length === 0) return;
      const latest = joinUnaware([...operation.unaware, ...workers])
        .toSorted((one, other) => other.lastStartAt - one.lastStartAt)
        .slice(0, MAX_UNAWARE_NAMED);
      setUnaware.run(JSON.stringify(joinUnaware(latest)), operationId);
    },
    stopOperation(operationId: string, author: ControlAuthor, moment: Moment): OperationRecord | undefined {
      const row = find.get(operationId);
      if (row === undefined) return undefined;
      const operation = toOperation(row);
      return operation.finishedAt === undefined ? enter(row, 'stopped', author, moment) : operation;
    },
    operation: found,
    operations: (limit: number): readonly OperationRecord[] => list.all(limit).map(toOperation),
    operationItems: (operationId: string, from: number, limit: number): readonly OperationItem[] =>
      listItems.all(operationId, from, limit).map(toItem),
  };
}

/** What it does to how many jobs. */
function toDetail({ action, total }: OperationRecord): string {
  return `${action} of ${total === 1 ? '1 job' : `${total.toLocaleString('en')} jobs`}`;
}
