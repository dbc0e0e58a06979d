import {
  ACCEPTED_HOLD_MS,
  type ControlAnswer,
  type ControlDecision,
  type ControlRefusal,
  type ControlRequest,
  decideControl,
  type JobRecord,
  type OutgoingMessage,
} from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
import { CHANGING_COLUMNS, RECORD_COLUMNS, toChangingCells, toJobRecord } from '../../rows/job-rows.ts';
import { toOutgoing, UNDISPATCHED_COLUMNS } from '../../rows/undispatched-rows.ts';
import type { Audit } from './audit.ts';
import type { Moment } from './moment.ts';
import type { SupersededEntries } from './superseded-entries.ts';

/** What acting on jobs works with. */
export interface JobControlContext {
  readonly superseded: SupersededEntries;
  readonly audit: Audit;
}

/** What is done, and when. */
export interface JobControlRequest extends ControlRequest, Moment {
  /** The operation that it is a part of. */
  readonly operationId?: string;
}

/** Acts on jobs, one at a time. */
export interface JobControl {
  /** Carries out one request, and notes it in the audit. @throws {Error} of SQLite. */
  carryOut(request: JobControlRequest): ControlAnswer;
}

/** What has changed besides the record of a job. */
interface Superseded {
  readonly seq?: number;
  readonly outgoing?: OutgoingMessage;
}

/** Creates it. */
export function createJobControl(
  connection: SqlConnection,
  { superseded, audit }: JobControlContext,
): JobControl {
  const read = connection.prepare(
    `SELECT (SELECT payload IS NOT NULL FROM job_body WHERE job_body.id = job.id), ${RECORD_COLUMNS} FROM job WHERE id = ?`,
  );
  const readBody = connection.prepare('SELECT payload, headers FROM job_body WHERE id = ?');
  const setState = connection.prepare('UPDATE job SET state = ?, updated_at = ? WHERE id = ?');
  const supersede = connection.prepare(
    `UPDATE job SET ${CHANGING_COLUMNS.map((name) => `${name} = ?`).join(', ')}, due_at = NULL, undispatched_at = ?, leased_until = ?
       WHERE id = ? RETURNING ${UNDISPATCHED_COLUMNS}`,
  );
  const dropResult = connection.prepare(
    'UPDATE job_body SET result = NULL WHERE id = ? AND result IS NOT NULL',
  );
  const dropStarts = connection.prepare('DELETE FROM start WHERE job_id = ?');

  /** What is in columns, with `null` for a payload. */
  function find(id: string): JobRecord | undefined {
    const [hasPayload, ...row] = read.get(id) ?? [];
    if (row.length === 0) return undefined;
    const record = toJobRecord(row);
    return hasPayload === 1 ? { ...record, payload: null } : record;
  }

  function change(
    before: JobRecord,
    { record, isSuperseded, runsAgain }: Change,
    { now, at }: Moment,
  ): Superseded {
    const { id, queue } = record;
    if (!isSuperseded) {
      setState.run(record.state, record.updatedAt, id);
      return {};
    }
    const undispatched = runsAgain ? [now, now + ACCEPTED_HOLD_MS] : [null, null];
    const row = supersede.get(...toChangingCells(record), ...undispatched, id);
    dropResult.run(id);
    dropStarts.run(id);
    // Of the message before, it is known by the clock of its worker when it is due.
    const dueAt = now + Math.max(0, (before.dueAt ?? 0) - at);
    const seq = superseded.add({ jobId: id, generation: before.generation ?? 0, queue, dueAt });
    const body = runsAgain ? readBody.get(id) : undefined;
    return row === undefined || body === undefined ? { seq } : { seq, outgoing: toOutgoing(row, body, now) };
  }

  return {
    carryOut(request) {
      const { jobId, action, at, by, reason, operationId } = request;
      const job = find(jobId);
      if (job === undefined) return refused(jobId, 'JOB_NOT_FOUND', 'the ledger has no job of this id');
      const decision = decideControl(job, action, at);
      if (decision.kind === 'refused') return refused(jobId, 'ACTION_REFUSED', decision.reason);
      const { queue, state: before } = job;
      const { state: after, generation = 0 } = decision.record;
      const changed = change(job, decision, request);
      audit.add({
        ...{ at, by, action, jobId, queue, before, after },
        ...(reason === undefined ? {} : { reason }),
        ...(operationId === undefined ? {} : { operationId }),
      });
      return { kind: 'done', jobId, queue, before, after, generation, ...changed };
    },
  };
}

type Change = Extract<ControlDecision, { readonly kind: 'change' }>;

function refused(jobId: string, code: ControlRefusal['code'], reason: string): ControlRefusal {
  return { kind: 'refused', jobId, code, reason };
}
