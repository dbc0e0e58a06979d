import {
  ACCEPTED_HOLD_MS,
  type AcceptAnswer,
  applyEvent,
  type ClaimOptions,
  DEFAULT_PRIORITY,
  isSamePayload,
  type JobRecord,
  type Json,
  type LedgerEntry,
  MESSAGE_VERSION,
  type OutgoingMessage,
  type RecordableEvent,
  toRecord,
} from '@leveret/core';
import type { SqlConnection, SqlRow, SqlValue } from '../file/libsql.ts';
import { createInserts } from './inserts.ts';
import { toHeaderCell, toHeaders } from './message-rows.ts';
import { createStartOperations } from './start-operations.ts';

/** The record without payload and headers, which are kept beside it: the payload as the bytes that travel. */
type StoredRecord = Omit<JobRecord, 'payload' | 'headers'>;

/** What events are applied to. When the ledger has the payload, the record has null in its place. */
interface StoredJob {
  readonly record: JobRecord | undefined;
  readonly hasPayload: boolean;
}

interface ChangedJob extends StoredJob {
  readonly record: JobRecord;
}

/** A job on its way into the ledger: the payload only as its bytes, so that whatever it is can change threads. */
export type JobRow = readonly [
  id: string,
  record: string,
  payload: Uint8Array,
  headers: SqlValue,
  dueAt: number | null,
];

/** A ledger entry that is accepted at `now`, in the time of the file. */
export function toJobRow({ outgoing: { message, delayMs }, maxAttempts }: LedgerEntry, now: number): JobRow {
  const { id, kind, queue, priority, createdAt, body, headers } = message;
  const acceptance = { id, kind, queue, priority, maxAttempts, createdAt, delayMs, payload: null };
  const { payload: _payload, ...record } = toRecord(acceptance);
  return [id, JSON.stringify(record), body, toHeaderCell(headers), delayMs > 0 ? now + delayMs : null];
}

/** What the operations on the ledger work with. */
export interface JobContext {
  /** Whether a message of that id is published in the commit under way. */
  readonly isPublished: (id: string) => boolean;
  readonly noteTime: (now: number) => void;
}

/** The operations on the ledger; every time is the file's, in milliseconds. */
export function createJobOperations(connection: SqlConnection, { isPublished, noteTime }: JobContext) {
  const inserts = createInserts(connection, {
    table: 'job',
    columns: 'id, record, payload, headers, due_at, undispatched_at, leased_until',
    // Of a job that is published in the same commit.
    usual: { headers: null, due_at: null, undispatched_at: null, leased_until: null },
    onConflict: `ON CONFLICT (id) DO UPDATE SET
      payload = excluded.payload,
      headers = excluded.headers,
      record = CASE WHEN json_extract(excluded.record, '$.priority') IS NULL THEN record
        ELSE json_set(record, '$.priority', json_extract(excluded.record, '$.priority')) END
      WHERE payload IS NULL`,
  });
  const dispatched = connection.prepare(
    `UPDATE job SET undispatched_at = NULL, due_at = NULL
       WHERE id = ? AND undispatched_at IS NOT NULL`,
  );
  const read = connection.prepare('SELECT record, payload, headers FROM job WHERE id = ?');
  const readStored = connection.prepare('SELECT record, payload IS NOT NULL FROM job WHERE id = ?');
  const replace = connection.prepare(
    'UPDATE job SET record = ?, due_at = NULL, undispatched_at = NULL WHERE id = ?',
  );
  const upsert = connection.prepare(
    `INSERT INTO job (id, record, payload, headers) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE
       SET record = ?2, payload = ?3, headers = ifnull(headers, ?4), due_at = NULL, undispatched_at = NULL`,
  );
  // Read from the index alone, because a job that is held may have a large payload. Earlier versions entered jobs without a hold.
  const findClaimable = connection.prepare(
    `SELECT id FROM job WHERE undispatched_at IS NOT NULL
       AND ifnull(leased_until, undispatched_at + ${ACCEPTED_HOLD_MS}) <= ? ORDER BY undispatched_at LIMIT ?`,
  );
  const lease = connection.prepare(
    'UPDATE job SET leased_until = ? WHERE id = ? RETURNING due_at, record, headers, payload',
  );
  const hold = connection.prepare(
    'UPDATE job SET leased_until = ? WHERE id = ? AND undispatched_at IS NOT NULL',
  );

  function recordOf(id: string): JobRecord | undefined {
    const row = read.get(id);
    return row === undefined ? undefined : toJobRecord(row);
  }

  /** Without payload and headers: events do not change them once they are there. */
  function storedOf(id: string): StoredJob {
    const [stored, hasPayload] = readStored.get(id) ?? [];
    if (stored === undefined) return { record: undefined, hasPayload: false };
    const record = JSON.parse(String(stored)) as StoredRecord;
    return hasPayload === 1
      ? { record: { ...record, payload: null }, hasPayload: true }
      : { record, hasPayload: false };
  }

  function write({ record: { payload, headers, ...rest }, hasPayload }: ChangedJob): void {
    const record = JSON.stringify(rest);
    if (hasPayload) {
      replace.run(record, rest.id);
      return;
    }
    const body = payload === undefined ? null : Buffer.from(JSON.stringify(payload));
    upsert.run(rest.id, record, body, headers === undefined ? null : toHeaderCell(headers));
  }

  const starts = createStartOperations(connection, recordOf);

  function enter(row: JobRow, now: number): void {
    const [id, record, payload, headers] = row;
    inserts.add(
      isPublished(id)
        ? [id, record, payload, headers, null, null, null]
        : [...row, now, now + ACCEPTED_HOLD_MS],
    );
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
        const known = read.get(row[0]);
        const answer = known === undefined ? 'new' : compare(row, known);
        // Of a known one this fills in a payload that it lacks.
        if (answer !== 'conflict') enter(row, now);
        inserts.flush();
        return answer;
      });
    },
    markDispatched(ids: readonly string[]): void {
      for (const id of ids) dispatched.run(id);
    },
    apply(events: readonly RecordableEvent[]): void {
      const changed = new Map<string, ChangedJob>();
      for (const event of events) {
        const { record, hasPayload } = changed.get(event.jobId) ?? storedOf(event.jobId);
        changed.set(event.jobId, { record: applyEvent(record, event), hasPayload });
      }
      for (const job of changed.values()) write(job);
      starts.forgetSettled([...changed.values()].map(({ record }) => record));
    },
    get: recordOf,
    claimUndispatched({ limit, maxBytes, leaseMs }: ClaimOptions, now: number): readonly OutgoingMessage[] {
      noteTime(now);
      const claimed: OutgoingMessage[] = [];
      let sizeBytes = 0;
      for (const [id] of [...findClaimable.all(now, limit)]) {
        const row = lease.get(now + leaseMs, String(id));
        if (row === undefined) continue;
        const outgoing = toOutgoing(row, now);
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

function toJobRecord([record, payload, headers]: SqlRow): JobRecord {
  const stored = JSON.parse(String(record)) as StoredRecord;
  if (!(payload instanceof Uint8Array)) return stored;
  const known = { ...stored, payload: JSON.parse(new TextDecoder().decode(payload)) as Json };
  return typeof headers === 'string' ? { ...known, headers: toHeaders(headers) } : known;
}

/** Whether a job that is accepted is the one that is known by its id. */
function compare([, record, payload]: JobRow, [knownRecord, knownPayload]: SqlRow): AcceptAnswer {
  const job = JSON.parse(record) as StoredRecord;
  const known = JSON.parse(String(knownRecord)) as StoredRecord;
  if (job.kind !== known.kind || job.queue !== known.queue) return 'conflict';
  return !(knownPayload instanceof Uint8Array) || isSamePayload(payload, knownPayload) ? 'known' : 'conflict';
}

function toOutgoing([dueAt, record, headers, payload]: SqlRow, now: number): OutgoingMessage {
  const stored = JSON.parse(String(record)) as StoredRecord;
  const { id, kind, queue, priority = DEFAULT_PRIORITY, createdAt } = stored;
  return {
    message: {
      version: MESSAGE_VERSION,
      id,
      kind,
      queue,
      priority,
      attempt: 1,
      createdAt,
      heldMs: 0,
      crashes: 0,
      snoozes: 0,
      headers: toHeaders(headers),
      body: payload as Uint8Array,
    },
    delayMs: typeof dueAt === 'number' ? Math.max(0, dueAt - now) : 0,
  };
}
