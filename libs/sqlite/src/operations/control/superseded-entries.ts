import {
  type ControlView,
  type ControlViewRequest,
  MAX_VIEW_ENTRIES,
  type SupersededMessage,
} from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';

/** How long an entry is kept after its message was due at the latest, in milliseconds: 30 days. See {@link SupersededEntries.keep} for messages of which that is known late. */
export const KEEP_MS = 30 * 24 * 3_600_000;
/** Most entries that are deleted in one call because their time is over. */
const PURGED_AT_ONCE = 1_000;

/** The messages that are not to be run. Every time is the file's, in milliseconds. */
export interface SupersededEntries {
  /** The number of a new decision. */
  nextSeq(): number;
  /** The number of the last decision. */
  lastSeq(): number;
  /** Enters a message of `queue`, until `untilAt`; returns the number of the decision. */
  add(message: SupersededMessage & { readonly queue: string; readonly untilAt: number }): number;
  /** The generation after those that the job of this id had before it was deleted; undefined when none of its messages may still come. */
  nextGenerationOf(jobId: string): number | undefined;
  /** The job is deleted; its entries stay. @param createdAt When it was created, in milliseconds since 1970. */
  noteDeleted(jobId: string, createdAt: number): void;
  /** When the deleted job of this id was created; undefined without entries of a deleted job. */
  deletedCreatedAt(jobId: string): number | undefined;
  /** Keeps the entry of a message, if there is one, at least until `untilAt`: another message of its generation is due later than was known. */
  keep(message: SupersededMessage, untilAt: number): void;
  /** Deletes the entries of messages that have been seen. Costs nothing when there is none. */
  forget(messages: readonly SupersededMessage[]): void;
  /** Deletes some of the entries whose time is over. */
  purge(now: number): void;
  /** The part of a view that is about messages. */
  view(request: ControlViewRequest): Omit<ControlView, 'paused'>;
}

/** Creates them. */
export function createSupersededEntries(connection: SqlConnection): SupersededEntries {
  const step = connection.prepare('UPDATE control_seq SET seq = seq + 1 RETURNING seq');
  const readSeq = connection.prepare('SELECT seq FROM control_seq');
  const insert = connection.prepare(
    'INSERT INTO superseded (seq, job_id, generation, queue, until_at) VALUES (?, ?, ?, ?, ?)',
  );
  const newest = connection.prepare('SELECT max(generation) FROM superseded WHERE job_id = ?');
  const noteDeleted = connection.prepare('UPDATE superseded SET job_created_at = ? WHERE job_id = ?');
  const createdAt = connection.prepare('SELECT max(job_created_at) FROM superseded WHERE job_id = ?');
  const remove = connection.prepare('DELETE FROM superseded WHERE job_id = ? AND generation = ?');
  const keep = connection.prepare(
    'UPDATE superseded SET until_at = max(until_at, ?) WHERE job_id = ? AND generation = ?',
  );
  const removeOld = connection.prepare(
    `DELETE FROM superseded WHERE seq IN (SELECT seq FROM superseded WHERE until_at <= ? LIMIT ${PURGED_AT_ONCE})`,
  );
  const list = connection.prepare(
    `SELECT seq, job_id, generation FROM superseded WHERE queue = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ${MAX_VIEW_ENTRIES + 1}`,
  );
  const count = connection.prepare('SELECT count FROM superseded_count WHERE queue = ?');

  const nextSeq = () => Number(step.get()?.[0]);
  const lastSeq = () => Number(readSeq.get()?.[0]);

  return {
    nextSeq,
    lastSeq,
    add({ jobId, generation, queue, untilAt }) {
      const seq = nextSeq();
      // A foreign event may have entered a deleted job anew, without what is known of its generations. `REPLACE` would run no trigger.
      remove.run(jobId, generation);
      insert.run(seq, jobId, generation, queue, untilAt);
      return seq;
    },
    nextGenerationOf(jobId) {
      const generation = newest.get(jobId)?.[0];
      return typeof generation === 'number' ? generation + 1 : undefined;
    },
    noteDeleted(jobId, at) {
      noteDeleted.run(at, jobId);
    },
    deletedCreatedAt(jobId) {
      const at = createdAt.get(jobId)?.[0];
      return typeof at === 'number' ? at : undefined;
    },
    keep({ jobId, generation }, untilAt) {
      keep.run(untilAt, jobId, generation);
    },
    forget(messages) {
      for (const { jobId, generation } of messages) remove.run(jobId, generation);
    },
    purge(now) {
      removeOld.run(now);
    },
    view({ queues: names, afterSeq }) {
      const queues = [...new Set(names)];
      // Read first: what is decided while the queues are read is in the next view, of whatever queue it is.
      const last = lastSeq();
      // A worker that knows of later decisions got them from a ledger that an older copy has replaced.
      const knownSeq = afterSeq > last ? 0 : afterSeq;
      const rows = knownSeq === last ? [] : queues.flatMap((queue) => list.all(queue, knownSeq, last));
      const found = rows.map(([seq, jobId, generation]) => ({
        seq: Number(seq),
        entry: { jobId: String(jobId), generation: Number(generation) },
      }));
      found.sort((a, b) => a.seq - b.seq);
      const first = found.slice(0, MAX_VIEW_ENTRIES);
      const isComplete = found.length <= MAX_VIEW_ENTRIES;
      return {
        seq: isComplete ? last : (first.at(-1)?.seq ?? last),
        superseded: first.map(({ entry }) => entry),
        isComplete,
        supersededCount: queues.reduce((sum, queue) => sum + Number(count.get(queue)?.[0] ?? 0), 0),
      };
    },
  };
}
