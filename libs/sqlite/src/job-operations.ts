import {
  applyEvent,
  type ClaimOptions,
  DEFAULT_PRIORITY,
  type JobEvent,
  type JobRecord,
  type Json,
  type LedgerEntry,
  MESSAGE_VERSION,
  type OutgoingMessage,
  toRecord,
} from '@leveret/core';
import { createInserts } from './inserts.ts';
import type { SqlConnection, SqlRow, SqlValue } from './libsql.ts';
import { toHeaderCell, toHeaders } from './message-rows.ts';

/** The record without the payload, which is kept beside it as the bytes that travel. */
type StoredRecord = Omit<JobRecord, 'payload'>;

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
    columns: 'id, record, payload, headers, due_at, undispatched_at',
    onConflict: 'ON CONFLICT (id) DO UPDATE SET payload = excluded.payload WHERE payload IS NULL',
  });
  const dispatched = connection.prepare(
    `UPDATE job SET undispatched_at = NULL, headers = NULL, due_at = NULL
       WHERE id = ? AND undispatched_at IS NOT NULL`,
  );
  const read = connection.prepare('SELECT record, payload FROM job WHERE id = ?');
  const upsert = connection.prepare(
    `INSERT INTO job (id, record, payload) VALUES (?1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET record = ?2, payload = ifnull(payload, ?3), headers = NULL, due_at = NULL, undispatched_at = NULL`,
  );
  const lease = connection.prepare(
    `UPDATE job SET leased_until = ?1 WHERE id IN (SELECT id FROM job WHERE undispatched_at <= ?2
       AND (leased_until IS NULL OR leased_until <= ?3) ORDER BY undispatched_at LIMIT ?4)
     RETURNING undispatched_at, due_at, record, headers, payload`,
  );

  function recordOf(id: string): JobRecord | undefined {
    const row = read.get(id);
    return row === undefined ? undefined : toJobRecord(row);
  }

  const operations = {
    accept(rows: readonly JobRow[], now: number): void {
      noteTime(now);
      for (const row of rows) {
        const [id, record, payload] = row;
        inserts.add(isPublished(id) ? [id, record, payload, null, null, null] : [...row, now]);
      }
    },
    markDispatched(ids: readonly string[]): void {
      for (const id of ids) dispatched.run(id);
    },
    apply(events: readonly JobEvent[]): void {
      const changed = new Map<string, JobRecord>();
      for (const event of events) {
        changed.set(event.jobId, applyEvent(changed.get(event.jobId) ?? recordOf(event.jobId), event));
      }
      for (const [id, { payload, ...record }] of changed) {
        upsert.run(
          id,
          JSON.stringify(record),
          payload === undefined ? null : Buffer.from(JSON.stringify(payload)),
        );
      }
    },
    get: recordOf,
    claimUndispatched(
      { olderThanMs, limit, leaseMs }: ClaimOptions,
      now: number,
    ): readonly OutgoingMessage[] {
      noteTime(now);
      return [...lease.all(now + leaseMs, now - olderThanMs, now, limit)]
        .sort(([a], [b]) => Number(a) - Number(b))
        .map((row) => toOutgoing(row, now));
    },
  };
  return { operations, inserts };
}

function toJobRecord([record, payload]: SqlRow): JobRecord {
  const stored = JSON.parse(String(record)) as StoredRecord;
  return payload instanceof Uint8Array
    ? { ...stored, payload: JSON.parse(new TextDecoder().decode(payload)) as Json }
    : stored;
}

function toOutgoing([, dueAt, record, headers, payload]: SqlRow, now: number): OutgoingMessage {
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
      headers: toHeaders(headers),
      body: payload as Uint8Array,
    },
    delayMs: typeof dueAt === 'number' ? Math.max(0, dueAt - now) : 0,
  };
}
