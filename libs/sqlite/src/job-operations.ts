import {
  applyEvent,
  type ClaimOptions,
  type JobEvent,
  type JobRecord,
  type Json,
  type LedgerEntry,
  MESSAGE_VERSION,
  toRecord,
} from '@leveret/core';
import type { SqlConnection, SqlRow } from './libsql.ts';
import type { MessageInput } from './message-operations.ts';

/** The record without the payload, which is kept beside it as the bytes that travel. */
type StoredRecord = Omit<JobRecord, 'payload'>;

/** The operations on the ledger; every time is in milliseconds since 1970. */
export function createJobOperations(connection: SqlConnection) {
  const insert = connection.prepare(
    'INSERT OR IGNORE INTO job (id, record, payload, headers, due_at, undispatched_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const dispatched = connection.prepare(
    'UPDATE job SET undispatched_at = NULL, headers = NULL, due_at = NULL WHERE id = ?',
  );
  const read = connection.prepare('SELECT record, payload FROM job WHERE id = ?');
  const upsert = connection.prepare(
    `INSERT INTO job (id, record, payload) VALUES (?1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET record = ?2, payload = ifnull(payload, ?3), headers = NULL, due_at = NULL, undispatched_at = NULL`,
  );
  const lease = connection.prepare(
    `UPDATE job SET leased_until = ?1 WHERE id IN (SELECT id FROM job WHERE undispatched_at <= ?2
       AND (leased_until IS NULL OR leased_until <= ?3) ORDER BY undispatched_at LIMIT ?4)
     RETURNING id, record, payload, headers, due_at, undispatched_at`,
  );

  function recordOf(id: string): JobRecord | undefined {
    const row = read.get(id);
    return row === undefined ? undefined : toJobRecord(row);
  }

  return {
    accept(entries: readonly LedgerEntry[], now: number): void {
      for (const { acceptance, outgoing } of entries) {
        const { payload: _payload, ...record } = toRecord(acceptance);
        const { body, headers } = outgoing.message;
        insert.run(
          acceptance.id,
          JSON.stringify(record),
          body,
          Object.keys(headers).length > 0 ? JSON.stringify(headers) : null,
          outgoing.delayMs > 0 ? now + outgoing.delayMs : null,
          now,
        );
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
    claimUndispatched({ olderThanMs, limit, leaseMs }: ClaimOptions, now: number): readonly MessageInput[] {
      return [...lease.all(now + leaseMs, now - olderThanMs, now, limit)]
        .sort((a, b) => Number(a['undispatched_at']) - Number(b['undispatched_at']))
        .map((row) => toOutgoing(row, now));
    },
  };
}

function toJobRecord(row: SqlRow): JobRecord {
  const record = JSON.parse(String(row['record'])) as StoredRecord;
  const payload = row['payload'];
  return payload instanceof Uint8Array
    ? { ...record, payload: JSON.parse(new TextDecoder().decode(payload)) as Json }
    : record;
}

function toOutgoing(row: SqlRow, now: number): MessageInput {
  const { id, kind, queue, createdAt } = JSON.parse(String(row['record'])) as StoredRecord;
  const { headers, due_at: dueAt, payload } = row;
  return {
    message: {
      version: MESSAGE_VERSION,
      id,
      kind,
      queue,
      attempt: 1,
      createdAt,
      heldMs: 0,
      headers: typeof headers === 'string' ? (JSON.parse(headers) as Record<string, string>) : {},
      body: payload as Uint8Array,
    },
    delayMs: typeof dueAt === 'number' ? Math.max(0, dueAt - now) : 0,
  };
}
