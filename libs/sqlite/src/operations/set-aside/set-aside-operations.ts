import { createHash } from 'node:crypto';
import { MAX_PAYLOAD_BYTES, type UnfitMessage } from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';

/** A message on its way into `set_aside`: its body already cut, so that no more than that changes threads. */
export type SetAsideRow = readonly [
  queue: string,
  reason: string,
  at: number,
  bodyBytes: number,
  digest: Uint8Array,
  properties: string,
  body: Uint8Array,
  isReturned: 0 | 1,
  jobId: string | null,
  generation: number | null,
  attempt: number | null,
  run: number | null,
];

/** A message as its row. */
export function toSetAsideRow({
  queue,
  reason,
  at,
  properties,
  body,
  isReturned,
  unroutable,
}: UnfitMessage): SetAsideRow {
  const digest = createHash('sha256')
    .update(JSON.stringify([queue, properties]))
    .update(body)
    .digest();
  // A copy: with a part of a buffer, all of it would change threads.
  const kept = new Uint8Array(body.subarray(0, MAX_PAYLOAD_BYTES));
  const { jobId = null, generation = null, attempt = null, run = null } = unroutable ?? {};
  const message = [queue, reason, at, body.byteLength, new Uint8Array(digest), properties, kept] as const;
  return [...message, isReturned ? 1 : 0, jobId, generation, attempt, run];
}

/** The operations on messages that are set aside. */
export function createSetAsideOperations(connection: SqlConnection) {
  const insert = connection.prepare(
    `INSERT INTO set_aside (queue, reason, at, body_bytes, digest, properties, body, job_id, generation, attempt, run)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?9, ?10, ?11, ?12 WHERE ?8 = 0 OR NOT EXISTS (SELECT 1 FROM set_aside WHERE digest = ?5)`,
  );

  return {
    keepSetAside(rows: readonly SetAsideRow[]): void {
      for (const row of rows) insert.run(...row);
    },
  };
}
