import {
  ACCEPTED_HOLD_MS,
  type AcceptAnswer,
  type ClaimOptions,
  DEFAULT_PRIORITY,
  type DeadLetter,
  type DeadLetterAnswer,
  generationOf,
  HISTORY_HEADER,
  isSamePayload,
  type JobRecord,
  type JobState,
  keepsBody,
  type LedgerEntry,
  type OutgoingMessage,
  REPEATED_HEADER,
  type RecordableEvent,
  splitParent,
} from '@leveret/core';
import type { SqlConnection, SqlRow, SqlValue } from '../file/libsql.ts';
import { createInserts, type Inserts } from '../rows/inserts.ts';
import { BODY_COLUMNS, prepareRecord, RECORD_COLUMNS, toJobRecord, toTextsCell } from '../rows/job-rows.ts';
import { toHeaderCell } from '../rows/message-rows.ts';
import { type SuccessRow, toSucceededEvent } from '../rows/success-rows.ts';
import { toOutgoing, toUndispatchedJob, UNDISPATCHED_COLUMNS } from '../rows/undispatched-rows.ts';
import type { Activity } from './activity/activity.ts';
import type { BlobChanges } from './blobs/blob-changes.ts';
import { KEEP_MS, type SupersededEntries } from './control/superseded-entries.ts';
import { createFirstSuccesses } from './first-successes.ts';
import { createJobChanges, type JobDeadLetter } from './job-changes.ts';
import { createLogChanges } from './log-changes.ts';
import { createStartOperations } from './start-operations.ts';
import { createUnkeptBodies } from './unkept-bodies.ts';

/** The columns of a job that is accepted. */
const JOB_COLUMNS =
  'id, kind, queue, priority, max_attempts, created_at, updated_at, state, attempt, settled_attempt, next_due_at, due_at, undispatched_at, leased_until, parent_id, tags, history';

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
  parent_id: null,
  tags: null,
  history: null,
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
  parentId: string | null,
  tags: SqlValue,
  history: SqlValue,
  redact: SqlValue,
  /** What it refers to in blob storage. */
  blobs: string | null,
];

/** A ledger entry that is accepted at `now`, in the time of the file. */
export function toJobRow(
  { outgoing: { message, delayMs }, maxAttempts, tags, history, redact, blobs }: LedgerEntry,
  now: number,
): JobRow {
  const { id, kind, queue, priority, createdAt, body } = message;
  const { headers, parentId = null } = splitParent(message.headers);
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
    parentId,
    toTextsCell(tags),
    history ?? null,
    toTextsCell(redact),
    blobs === undefined ? null : JSON.stringify(blobs),
  ];
}

/** A dead letter on its way into the ledger, where what it failed of before is known from its attempts. A retry of it is of the next generation. */
export function toJobDeadLetter({ message, failure }: DeadLetter): JobDeadLetter {
  const { [HISTORY_HEADER]: _history, [REPEATED_HEADER]: _repeated, ...headers } = message.headers;
  // A copy: with a part of a buffer, all of it would change threads.
  return { message: { ...message, headers, body: new Uint8Array(message.body) }, failure };
}

/** What the operations on the ledger work with. */
export interface JobContext {
  /** Whether a message of that id is published in the commit under way. */
  readonly isPublished: (id: string) => boolean;
  readonly noteTime: (now: number) => void;
  /** The latest time of the file that is known. */
  readonly latest: () => number;
  readonly superseded: Pick<SupersededEntries, 'forget' | 'keep' | 'nextGenerationOf' | 'deletedCreatedAt'>;
  readonly blobs: BlobChanges;
  readonly activity: Pick<Activity, 'rollups' | 'changes'>;
}

/** The operations on the ledger; every time is the file's, in milliseconds. */
export function createJobOperations(
  connection: SqlConnection,
  {
    isPublished,
    noteTime,
    latest,
    superseded,
    blobs,
    activity: { rollups, changes: changeNumbers },
  }: JobContext,
) {
  const jobs = createInserts(connection, {
    table: 'job',
    columns: JOB_COLUMNS,
    usual: USUAL_CELLS,
    // Its acceptance came late: what is known is from events.
    onConflict: `ON CONFLICT (id) DO UPDATE SET priority = excluded.priority, parent_id = excluded.parent_id, tags = excluded.tags, history = excluded.history
      WHERE NOT EXISTS (SELECT 1 FROM job_body WHERE id = excluded.id AND payload IS NOT NULL)`,
  });
  const bodies = createInserts(connection, {
    table: 'job_body',
    columns: 'id, payload, headers, redact',
    usual: { headers: null, redact: null },
    onConflict: `ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, headers = excluded.headers, redact = excluded.redact
      WHERE payload IS NULL`,
  });
  const unkept = createUnkeptBodies(connection);
  /** Accepted jobs that lose their body when they are finished. One may be: then its acceptance came late. */
  let restricted: string[] = [];
  const inserts: Pick<Inserts, 'flush' | 'discard'> = {
    flush() {
      // In this order: whether a job's acceptance came late is told by its body.
      jobs.flush();
      bodies.flush();
      blobs.flush();
      unkept.drop(restricted);
      restricted = [];
    },
    discard() {
      jobs.discard();
      bodies.discard();
      blobs.discard();
      restricted = [];
    },
  };
  const dispatched = connection.prepare(
    `UPDATE job SET undispatched_at = NULL, due_at = NULL
       WHERE id IN (SELECT value FROM json_each(?)) AND undispatched_at IS NOT NULL AND ifnull(generation, 0) = ?`,
  );
  const read = connection.prepare(`SELECT ${RECORD_COLUMNS} FROM job WHERE id = ?`);
  const readBody = connection.prepare(`SELECT ${BODY_COLUMNS} FROM job_body WHERE id = ?`);
  // Read from the index alone. Earlier versions entered jobs without a hold.
  const findClaimable = connection.prepare(
    `SELECT id FROM job WHERE undispatched_at IS NOT NULL
       AND ifnull(leased_until, undispatched_at + ${ACCEPTED_HOLD_MS}) <= ? ORDER BY undispatched_at LIMIT ?`,
  );
  const lease = connection.prepare(
    `UPDATE job SET leased_until = ? WHERE id = ? RETURNING due_at, ${UNDISPATCHED_COLUMNS}`,
  );
  // It is sent again, so it does not wait for a message that the broker could not route.
  const unlinkSetAside = connection.prepare('UPDATE set_aside SET job_id = NULL WHERE job_id = ?');
  const renew = connection.prepare(
    'UPDATE job SET generation = ?, undispatched_at = ?, leased_until = ? WHERE id = ?',
  );
  const hold = connection.prepare(
    'UPDATE job SET leased_until = ? WHERE id = ? AND undispatched_at IS NOT NULL',
  );

  /** What is in columns. */
  function columnsOf(id: string): JobRecord | undefined {
    const row = read.get(id);
    return row && toJobRecord(row);
  }

  const findQueues = connection.prepare('SELECT DISTINCT queue FROM counter');
  const changes = createJobChanges(connection, {
    unkept,
    rollups,
    superseded,
    latest,
  });
  const firstSuccesses = createFirstSuccesses(connection, rollups);
  const logs = createLogChanges(connection);
  const starts = createStartOperations(connection, columnsOf);

  function enter(
    [
      id,
      kind,
      queue,
      priority,
      maxAttempts,
      createdAt,
      delayMs,
      dueAt,
      payload,
      headers,
      parentId,
      tags,
      history,
      redact,
      blobKeys,
    ]: JobRow,
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
      parentId,
      tags,
      history,
    ]);
    bodies.add([id, payload, headers, redact]);
    if (history !== null) restricted.push(id);
    if (blobKeys !== null) blobs.add(id, blobKeys);
  }

  function accept(row: JobRow, now: number): void {
    const [id, kind, queue] = row;
    enter(row, now);
    rollups.entered({ queue, kind });
    changeNumbers.add(id);
  }

  /** Applies events that come in the batch under way, or by a call of their own. */
  function applyEvents(events: readonly RecordableEvent[]): void {
    for (const { jobId } of events) changeNumbers.add(jobId);
    const { changed, goneMessages, delayedMessages } = changes.apply(events);
    starts.forgetSettled(changed);
    superseded.forget(goneMessages);
    for (const { dueInMs, ...message } of delayedMessages)
      superseded.keep(message, latest() + dueInMs + KEEP_MS);
    logs.apply(events);
    blobs.apply(events);
  }

  /** Applies successes and events. */
  function apply(events: readonly RecordableEvent[], successes: readonly SuccessRow[]): void {
    if (successes.length === 0) return applyEvents(events);
    const { recorded, others } = firstSuccesses.record(successes);
    for (const id of recorded) changeNumbers.add(id);
    if (recorded.size > 0) starts.forgetSettled([...recorded].map((id) => ({ id, settledAttempt: 1 })));
    // To the success of an attempt, its start adds nothing.
    const isKnown = (event: RecordableEvent) =>
      event.type === 'started' &&
      event.attempt === 1 &&
      generationOf(event) === 0 &&
      recorded.has(event.jobId);
    const rest = [...events.filter((event) => !isKnown(event)), ...others.map(toSucceededEvent)];
    if (rest.length > 0) applyEvents(rest);
  }

  /**
   * Workers do not run the message of a new job whose id belonged to a deleted one that control had superseded: it gets the next generation,
   * and a relay publishes that.
   */
  function continueGenerations(id: string, now: number): void {
    const generation = superseded.nextGenerationOf(id);
    if (generation !== undefined) renew.run(generation, now, now, id);
  }

  const operations = {
    /** Of jobs whose ids are new. Returns `dispatched` when all of them are published in this commit. */
    accept(rows: readonly JobRow[], now: number): 'dispatched' | undefined {
      noteTime(now);
      for (const row of rows) accept(row, now);
      return rows.every(([id]) => isPublished(id)) ? 'dispatched' : undefined;
    },
    /** Of jobs that may be known. */
    acceptUnlessKnown(rows: readonly JobRow[], now: number): readonly AcceptAnswer[] {
      noteTime(now);
      return rows.map((row) => {
        const known = columnsOf(row[0]);
        const body = known && readBody.get(row[0]);
        const answer = known === undefined ? 'new' : compare(row, known, body);
        const isDropped = known !== undefined && !keepsBody(known.history, known.state);
        // Of a known one this fills in a payload that it lacks, unless that is not kept.
        if (answer !== 'conflict' && !isDropped && !hasPayload(body)) accept(row, now);
        inserts.flush();
        if (answer === 'new') continueGenerations(row[0], now);
        return answer;
      });
    },
    markDispatched(ids: readonly string[], generation: number): void {
      for (const id of ids) changeNumbers.add(id);
      dispatched.run(JSON.stringify(ids), generation);
    },
    apply(events: readonly RecordableEvent[], successes: readonly SuccessRow[], now: number): void {
      noteTime(now);
      apply(events, successes);
    },
    keepDeadLetters(letters: readonly JobDeadLetter[], at: number, now: number): readonly DeadLetterAnswer[] {
      noteTime(now);
      for (const { message } of letters) changeNumbers.add(message.id);
      const { changed, answers } = changes.applyDeadLetters(letters, at);
      starts.forgetSettled(changed);
      return answers;
    },
    queues: () => findQueues.all().map(([queue]) => String(queue)),
    get: prepareRecord(connection),
    claimUndispatched({ limit, maxBytes, leaseMs }: ClaimOptions, now: number): readonly OutgoingMessage[] {
      noteTime(now);
      const claimed: OutgoingMessage[] = [];
      let sizeBytes = 0;
      for (const [id] of [...findClaimable.all(now, limit)]) {
        const row = lease.get(now + leaseMs, String(id));
        const body = readBody.get(String(id));
        if (row === undefined || body === undefined) continue;
        unlinkSetAside.run(String(id));
        const [dueAt, ...job] = row;
        const delayMs = typeof dueAt === 'number' ? Math.max(0, dueAt - now) : 0;
        const outgoing = toOutgoing(toUndispatchedJob(job), body, delayMs);
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
  const { forgetStored } = changes;
  return { operations: { ...operations, ...starts.operations }, apply, inserts, forgetStored };
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

function hasPayload(body: SqlRow | undefined): boolean {
  return body?.[0] instanceof Uint8Array;
}
