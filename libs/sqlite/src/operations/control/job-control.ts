import {
  ACCEPTED_HOLD_MS,
  type ControlAnswer,
  type ControlDone,
  type ControlRefusal,
  type ControlRequest,
  decideControl,
  JOB_STATES,
  type JobRecord,
  keepsBody,
  needsPayload,
} from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
import { CHANGING_COLUMNS, RECORD_COLUMNS, toChangingCells, toJobRecord } from '../../rows/job-rows.ts';
import { toOutgoing } from '../../rows/undispatched-rows.ts';
import type { Activity } from '../activity/activity.ts';
import { createUnkeptBodies } from '../unkept-bodies.ts';
import type { Audit } from './audit.ts';
import type { Moment } from './moment.ts';
import { KEEP_MS, type SupersededEntries } from './superseded-entries.ts';

/** How long the entry of a job that had ended is kept, in milliseconds: it has no message but copies, and those are looked up. */
const KEEP_ENDED_MS = 3_600_000;

/** What acting on jobs works with. */
export interface JobControlContext {
  readonly superseded: SupersededEntries;
  readonly audit: Audit;
  readonly activity: Pick<Activity, 'rollups' | 'changes'>;
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

/** A job before and after it was superseded. */
interface Superseding {
  readonly before: JobRecord;
  readonly record: JobRecord;
  readonly runsAgain: boolean;
}

/** Creates it. */
export function createJobControl(
  connection: SqlConnection,
  { superseded, audit, activity: { rollups, changes } }: JobControlContext,
): JobControl {
  const read = connection.prepare(`SELECT ${RECORD_COLUMNS} FROM job WHERE id = ?`);
  const readBody = connection.prepare('SELECT payload, headers FROM job_body WHERE id = ?');
  const setState = connection.prepare('UPDATE job SET state = ?, updated_at = ? WHERE id = ?');
  const supersede = connection.prepare(
    `UPDATE job SET ${CHANGING_COLUMNS.map((name) => `${name} = ?`).join(', ')}, due_at = NULL, undispatched_at = ?, leased_until = ?
       WHERE id = ?`,
  );
  const dropResult = connection.prepare('UPDATE job_body SET result = NULL WHERE id = ?');
  const unkept = createUnkeptBodies(connection);
  const dropStarts = connection.prepare('DELETE FROM start WHERE job_id = ?');

  /** Changes the job, and enters its old message; returns the number of the decision. */
  function supersedeJob({ before, record, runsAgain }: Superseding, { now, at }: Moment): number {
    const { id, queue } = record;
    const undispatched = runsAgain ? [now, now + ACCEPTED_HOLD_MS] : [null, null];
    supersede.run(...toChangingCells(record), ...undispatched, id);
    if (before.state === 'succeeded') dropResult.run(id);
    dropStarts.run(id);
    // The record says by the clock of a worker or producer when the old message is due.
    const dueInMs = Math.max(0, (before.dueAt ?? 0) - at);
    const keepMs = JOB_STATES[before.state].terminal ? KEEP_ENDED_MS : dueInMs + KEEP_MS;
    return superseded.add({ jobId: id, generation: before.generation ?? 0, queue, untilAt: now + keepMs });
  }

  return {
    carryOut(request) {
      const { jobId, action, at, by, reason, operationId } = request;
      const row = read.get(jobId);
      if (row === undefined) return refused(jobId, 'JOB_NOT_FOUND', 'the ledger has no job of this id');
      const body = needsPayload(action) ? readBody.get(jobId) : undefined;
      const hasPayload = body !== undefined && body[0] !== null;
      const job: JobRecord = { ...toJobRecord(row), ...(hasPayload ? { payload: null } : {}) };
      const decision = decideControl(job, action, at);
      if (decision.kind === 'refused') return refused(jobId, 'ACTION_REFUSED', decision.reason);
      const { record, isSuperseded, runsAgain } = decision;
      const { queue, kind, state: before } = job;
      const { state: after, generation = 0 } = record;
      audit.add({
        ...{ at, by, action, jobId, queue, before, after },
        ...(reason === undefined ? {} : { reason }),
        ...(operationId === undefined ? {} : { operationId }),
      });
      const done: ControlDone = { kind: 'done', jobId, queue, before, after, generation };
      if (!isSuperseded) setState.run(after, record.updatedAt, jobId);
      const seq = isSuperseded ? supersedeJob({ before: job, record, runsAgain }, request) : undefined;
      if (!keepsBody(record.history, after)) unkept.drop([jobId]);
      // After all that may fail: then nothing of it is counted.
      rollups.moved({ queue, kind }, before, after);
      changes.add(jobId);
      if (seq === undefined) return done;
      return runsAgain && body !== undefined
        ? { ...done, seq, outgoing: toOutgoing(record, body, 0) }
        : { ...done, seq };
    },
  };
}

function refused(jobId: string, code: ControlRefusal['code'], reason: string): ControlRefusal {
  return { kind: 'refused', jobId, code, reason };
}
