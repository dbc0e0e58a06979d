import {
  ACCEPTED_HOLD_MS,
  type AcceptAnswer,
  type ClaimOptions,
  DEFAULT_PRIORITY,
  isJobPriority,
  isSamePayload,
  type JobRecord,
  type JobState,
  type LedgerEntry,
  MESSAGE_VERSION,
  type OutgoingMessage,
  type RecordableEvent,
} from '@leveret/core';
import type { SqlConnection, SqlRow, SqlValue } from '../file/libsql.ts';
import { createInserts, type Inserts } from '../rows/inserts.ts';
import { BODY_COLUMNS, prepareRecord, RECORD_COLUMNS, toJobRecord, toTagCell } from '../rows/job-rows.ts';
import { toHeaderCell, toHeaders } from '../rows/message-rows.ts';
import { createJobChanges } from './job-changes.ts';
import { createLogChanges } from './log-changes.ts';
import { createStartOperations } from './start-operations.ts';

/** The columns of a job that is accepted. */
const JOB_COLUMNS =
  'id, kind, queue, priority, max_attempts, created_at, updated_at, state, attempt, settled_attempt, next_due_at, due_at, undispatched_at, leased_until, tags';

/** What a job has in some of them when it is published in the same commit, without a delay. */
const USUAL_CELLS = {
  priority: DEFAULT_PRIORITY,
  state: 'queued' satisfies JobState,
  attempt: 0,
  settled_attempt: 0,
  next_due_at: null,
  due_at: null,
  undispatched_at: null,
  leased_until: null,
  tags: null,
} as const;

/** A job on its way into the ledger: the payload only as its bytes, so that whatever it is can change threads. */
export type JobRow = readonly [
  id: string,
  kind: string,
  queue: string,
  priority: string,
  maxAttempts: number,
  createdAt: number,
  delayMs: number,
  dueAt: number | null,
  payload: Uint8Array,
  headers: SqlValue,
  tags: SqlValue,
];

/** A ledger entry that is accepted at `now`, in the time of the file. */
export function toJobRow(
  { outgoing: { message, delayMs }, maxAttempts, tags }: LedgerEntry,
  now: number,
): JobRow {
  const { id, kind, queue, priority, createdAt, body, headers } = message;
  const dueAt = delayMs > 0 ? now + delayMs : null;
  return [
    id,
    kind,
    queue,
    priority,
    maxAttempts,
    createdAt,
    delayMs,
    dueAt,
    body,
    toHeaderCell(headers),
    toTagCell(tags),
  ];
}

/** What the operations on the ledger work with. */
export interface JobContext {
  /** Whether a message of that id is published in the commit under way. */
  readonly isPublished: (id: string) => boolean;
  readonly noteTime: (now: number) => void;
}

/** The operations on the ledger; every time is the file's, in milliseconds. */
export function createJobOperations(connection: SqlConnection, { isPublished, noteTime }: JobContext) {
  const jobs = createInserts(connection, {
    table: 'job',
    columns: JOB_COLUMNS,
    usual: USUAL_CELLS,
    // Its acceptance came late: what is known is from events.
    onConflict: `ON CONFLICT (id) DO UPDATE SET priority = excluded.priority, tags = excluded.tags
      WHERE NOT EXISTS (SELECT 1 FROM job_body WHERE id = excluded.id AND payload IS NOT NULL)`,
  });
  const bodies = createInserts(connection, {
    table: 'job_body',
    columns: 'id, payload, headers',
    usual: { headers: null },
    onConflict: `ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, headers = excluded.headers
      WHERE payload IS NULL`,
  });
  const inserts: Pick<Inserts, 'flush' | 'discard'> = {
    flush() {
      // In this order: whether a job's acceptance came late is told by its body.
      jobs.flush();
      bodies.flush();
    },
    discard() {
      jobs.discard();
      bodies.discard();
    },
  };
  const dispatched = connection.prepare(
    `UPDATE job SET undispatched_at = NULL, due_at = NULL
       WHERE id IN (SELECT value FROM json_each(?)) AND undispatched_at IS NOT NULL`,
  );
  const read = connection.prepare(`SELECT ${RECORD_COLUMNS} FROM job WHERE id = ?`);
  const readBody = connection.prepare(`SELECT ${BODY_COLUMNS} FROM job_body WHERE id = ?`);
  // Read from the index alone. Earlier versions entered jobs without a hold.
  const findClaimable = connection.prepare(
    `SELECT id FROM job WHERE undispatched_at IS NOT NULL
       AND ifnull(leased_until, undispatched_at + ${ACCEPTED_HOLD_MS}) <= ? ORDER BY undispatched_at LIMIT ?`,
  );
  const lease = connection.prepare(
    'UPDATE job SET leased_until = ? WHERE id = ? RETURNING due_at, kind, queue, priority, created_at',
  );
  const hold = connection.prepare(
    'UPDATE job SET leased_until = ? WHERE id = ? AND undispatched_at IS NOT NULL',
  );

  /** What is in columns. */
  function columnsOf(id: string): JobRecord | undefined {
    const row = read.get(id);
    return row && toJobRecord(row);
  }

  const changes = createJobChanges(connection);
  const logs = createLogChanges(connection);
  const starts = createStartOperations(connection, columnsOf);

  function enter(
    [id, kind, queue, priority, maxAttempts, createdAt, delayMs, dueAt, payload, headers, tags]: JobRow,
    now: number,
  ): void {
    const state: JobState = delayMs > 0 ? 'scheduled' : 'queued';
    const nextAt = delayMs > 0 ? createdAt + delayMs : null;
    const undispatched = isPublished(id) ? [null, null, null] : [dueAt, now, now + ACCEPTED_HOLD_MS];
    jobs.add([
      id,
      kind,
      queue,
      priority,
      maxAttempts,
      createdAt,
      createdAt,
      state,
      0,
      0,
      nextAt,
      ...undispatched,
      tags,
    ]);
    bodies.add([id, payload, headers]);
  }

  const operations = {
    /** Of jobs whose ids are new. */
    accept(rows: readonly JobRow[], now: number): void {
      noteTime(now);
      for (const row of rows) enter(row, now);
    },
    /** Of jobs that may be known. */
    acceptUnlessKnown(rows: readonly JobRow[], now: number): readonly AcceptAnswer[] {
      noteTime(now);
      return rows.map((row) => {
        const known = columnsOf(row[0]);
        const answer = known === undefined ? 'new' : compare(row, known, readBody.get(row[0]));
        // Of a known one this fills in a payload that it lacks.
        if (answer !== 'conflict') enter(row, now);
        inserts.flush();
        return answer;
      });
    },
    markDispatched(ids: readonly string[]): void {
      dispatched.run(JSON.stringify(ids));
    },
    apply(events: readonly RecordableEvent[]): void {
      starts.forgetSettled(changes.apply(events));
      logs.apply(events);
    },
    get: prepareRecord(connection),
    claimUndispatched({ limit, maxBytes, leaseMs }: ClaimOptions, now: number): readonly OutgoingMessage[] {
      noteTime(now);
      const claimed: OutgoingMessage[] = [];
      let sizeBytes = 0;
      for (const [id] of [...findClaimable.all(now, limit)]) {
        const row = lease.get(now + leaseMs, String(id));
        const body = readBody.get(String(id));
        if (row === undefined || body === undefined) continue;
        const outgoing = toOutgoing(String(id), row, body, now);
        claimed.push(outgoing);
        sizeBytes += outgoing.message.body.byteLength;
        if (sizeBytes >= maxBytes) break;
      }
      return claimed;
    },
    holdUndispatched(ids: readonly string[], holdMs: number, now: number): void {
      noteTime(now);
      for (const id of ids) hold.run(now + holdMs, id);
    },
  };
  return { operations: { ...operations, ...starts.operations }, inserts };
}

/** Whether a job that is accepted is the one that is known by its id. */
function compare(
  [, kind, queue, , , , , , payload]: JobRow,
  known: JobRecord,
  body: SqlRow | undefined,
): AcceptAnswer {
  if (kind !== known.kind || queue !== known.queue) return 'conflict';
  const knownPayload = body?.[0];
  return !(knownPayload instanceof Uint8Array) || isSamePayload(payload, knownPayload) ? 'known' : 'conflict';
}

function toOutgoing(id: string, row: SqlRow, body: SqlRow, now: number): OutgoingMessage {
  const [dueAt, kind, queue, priority, createdAt] = row;
  const [payload, headers] = body;
  return {
    message: {
      version: MESSAGE_VERSION,
      id,
      kind: String(kind),
      queue: String(queue),
      priority: isJobPriority(priority) ? priority : DEFAULT_PRIORITY,
      attempt: 1,
      createdAt: Number(createdAt),
      heldMs: 0,
      crashes: 0,
      snoozes: 0,
      generation: 0,
      headers: toHeaders(headers),
      body: payload as Uint8Array,
    },
    delayMs: typeof dueAt === 'number' ? Math.max(0, dueAt - now) : 0,
  };
}
