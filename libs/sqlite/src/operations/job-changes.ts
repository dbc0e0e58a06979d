import {
  type AcceptedEvent,
  applyDeadLetter,
  applyEvent,
  changesJob,
  DEFAULT_PRIORITY,
  type DeadLetter,
  type DeadLetterAnswer,
  endsMessage,
  fingerprintOf,
  generationOf,
  isAboutAttempt,
  isAccepted,
  isSamePayload,
  type JobRecord,
  keepsBody,
  nextDueInMs,
  type RecordableEvent,
  readyAtOf,
  type SupersededMessage,
  splitParent,
} from '@leveret/core';
import type { SqlConnection, SqlRow, SqlStatement, SqlValue } from '../file/libsql.ts';
import {
  BODY_COLUMNS,
  CHANGING_COLUMNS,
  RECORD_COLUMNS,
  toChangingCells,
  toJobRecord,
  toTextsCell,
  withBody,
} from '../rows/job-rows.ts';
import { cellsOf, toText } from '../rows/json-rows.ts';
import { toHeaderCell } from '../rows/message-rows.ts';
import type { Rollups } from './activity/rollups.ts';
import { createAttemptChanges, type EventOfAttempt } from './attempt-changes.ts';
import type { SupersededEntries } from './control/superseded-entries.ts';
import { createFailureSlices, type NewFailure } from './failures/failure-slices.ts';
import { createFailureVersions } from './failures/failure-versions.ts';
import type { UnkeptBodies } from './unkept-bodies.ts';

/** The columns that an event may change. */
const CHANGED_COLUMNS = [...CHANGING_COLUMNS, 'error_code', 'fingerprint'];
/** How many of them have a value when a job succeeds without a failed attempt: to read a value from JSON costs as much as to store it. */
const USUAL_COUNT = CHANGED_COLUMNS.indexOf('next_due_at');
const STORED_COLUMNS = `${RECORD_COLUMNS}, error_code, fingerprint`;

/** JSON of SQLite has 15 digits of a fraction. */
const EXACT_PROGRESS = `iif(typeof(progress) = 'real', printf('%!.17g', progress), progress)`;

/** A job whose events are applied. */
interface ChangingJob {
  /**
   * When it is not whole, it lacks what is in `job_body`, and has `null` for the payload. No event but an acceptance needs it: others
   * replace result and failure as a whole, and keep the rest.
   */
  readonly record: JobRecord | undefined;
  readonly isWhole: boolean;
  /** Whether the job has a row. */
  readonly isStored: boolean;
  /** Whether what changes it proves that its message is dispatched: it is not of a lower generation. */
  readonly isDispatched: boolean;
  /** Whether an event of a higher generation began it anew: what earlier generations left in `job_body` is gone. */
  readonly isRenewed: boolean;
  readonly errorCode: string | null;
  readonly fingerprint: string | null;
  /** The failures that are new to the ledger. */
  readonly newFailures: readonly NewFailure[];
  /** The version whose attempt made the failure that the job has now, if that is new. */
  readonly failedVersion?: string | undefined;
}

interface ChangedJob extends ChangingJob {
  readonly record: JobRecord;
}

/** What events have led to. */
export interface AppliedEvents {
  /** The jobs that events of their generation, or of a higher one, are about. */
  readonly changed: readonly JobRecord[];
  /** Messages of lower generations of which events say that they are gone. */
  readonly goneMessages: readonly SupersededMessage[];
  /** Messages of lower generations that are due so many milliseconds after the events that say so. */
  readonly delayedMessages: readonly (SupersededMessage & { readonly dueInMs: number })[];
}
/** What of a dead letter the jobs in the file are changed by. */
export type JobDeadLetter = Pick<DeadLetter, 'message' | 'failure'>;

/** What changing jobs works with. */
export interface JobChangesContext {
  readonly unkept: UnkeptBodies;
  readonly rollups: Rollups;
  readonly superseded: Pick<SupersededEntries, 'nextGenerationOf' | 'deletedCreatedAt'>;
  /** The latest time of the file that is known. */
  readonly latest: () => number;
}

const UNSEEN: ChangingJob = {
  record: undefined,
  isWhole: true,
  isStored: false,
  isDispatched: false,
  isRenewed: false,
  errorCode: null,
  fingerprint: null,
  newFailures: [],
};

/**
 * Applies events to the jobs in the file. The jobs of a batch are read by one statement and written by a few, as JSON: to run a
 * statement and to bind its values costs several times as much as what it does.
 */
export function createJobChanges(
  connection: SqlConnection,
  { unkept, rollups, superseded, latest }: JobChangesContext,
) {
  const find = connection.prepare(
    `SELECT json_group_array(json_array(${STORED_COLUMNS.replace('progress', EXACT_PROGRESS)})) FROM job WHERE id IN (SELECT value FROM json_each(?))`,
  );
  const attempts = createAttemptChanges(connection, rollups);
  const versions = createFailureVersions(connection);
  const failureSlices = createFailureSlices(connection);
  const readBody = connection.prepare(`SELECT ${BODY_COLUMNS} FROM job_body WHERE id = ?`);
  const updateAll = prepareUpdate(CHANGED_COLUMNS.length);
  const updateUsual = prepareUpdate(USUAL_COUNT);
  const insert = connection.prepare(
    `INSERT INTO job (${STORED_COLUMNS}) SELECT ${cellsOf(STORED_COLUMNS.split(', ').length)} FROM json_each(?) AS given`,
  );
  const putBodies = connection.prepare(
    `INSERT INTO job_body (id, ${BODY_COLUMNS})
       SELECT given.value ->> 0, CAST(given.value ->> 1 AS BLOB), given.value ->> 2, given.value ->> 3, given.value ->> 4, given.value ->> 5
       FROM json_each(?) AS given WHERE TRUE
       ON CONFLICT (id) DO UPDATE SET payload = ifnull(payload, excluded.payload), headers = ifnull(headers, excluded.headers),
         result = ifnull(excluded.result, result), failure = ifnull(excluded.failure, failure), redact = ifnull(redact, excluded.redact)`,
  );
  const setAccepted = connection.prepare(
    'UPDATE job SET priority = ?, parent_id = ?, tags = ?, history = ? WHERE id = ?',
  );
  const dropEnds = connection.prepare(
    'UPDATE job_body SET result = NULL, failure = NULL WHERE id IN (SELECT value FROM json_each(?))',
  );
  const dropFailures = connection.prepare(
    'UPDATE job_body SET failure = NULL WHERE id IN (SELECT value FROM json_each(?))',
  );

  const fill = connection.prepare(
    `INSERT INTO job_body (id, payload, headers) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, headers = excluded.headers WHERE payload IS NULL`,
  );
  const setOrigin = connection.prepare('UPDATE job SET priority = ?, parent_id = ? WHERE id = ?');
  const undispatch = connection.prepare(
    'UPDATE job SET undispatched_at = ?, leased_until = ?, due_at = ? WHERE id = ?',
  );

  /** Sets the first `count` columns, and empties the others. */
  function prepareUpdate(count: number): SqlStatement {
    const assignments = CHANGED_COLUMNS.map((name, index) =>
      index < count ? `${name} = given.value ->> ${index + 1}` : `${name} = NULL`,
    );
    return connection.prepare(
      `UPDATE job SET ${assignments.join(', ')}, due_at = NULL, undispatched_at = NULL
         FROM json_each(?) AS given WHERE job.id = given.value ->> 0`,
    );
  }

  /** The values of {@link CHANGED_COLUMNS}. The version of a new failure is noted, while its fingerprint is at hand. */
  function cellsOfChanged(job: ChangedJob): readonly SqlValue[] {
    const cells = changedCells(job);
    const fingerprint = cells.at(-1);
    const { failedVersion: version, record } = job;
    if (version !== undefined && typeof fingerprint === 'string')
      versions.note({ fingerprint, version, at: record.updatedAt });
    return cells;
  }

  function update(jobs: readonly ChangedJob[]): void {
    const usual: SqlRow[] = [];
    const others: SqlRow[] = [];
    for (const job of jobs) {
      const row = [job.record.id, ...cellsOfChanged(job)].map(toText);
      const isUsual = row.slice(USUAL_COUNT + 1).every((cell) => cell === null);
      if (isUsual) usual.push(row.slice(0, USUAL_COUNT + 1));
      else others.push(row);
    }
    if (usual.length > 0) updateUsual.run(JSON.stringify(usual));
    if (others.length > 0) updateAll.run(JSON.stringify(others));
  }

  /** Those of these jobs that have a row; the accepted ones as a whole. */
  function read(ids: ReadonlySet<string>, accepted: ReadonlySet<string>): Map<string, ChangingJob> {
    const rows = JSON.parse(String(find.get(JSON.stringify([...ids]))?.[0])) as SqlValue[][];
    return new Map(
      rows.map((row) => {
        const [errorCode = null, fingerprint = null] = row.slice(-2) as (string | null)[];
        const record = toJobRecord(row);
        const isWhole = accepted.has(record.id);
        const known = isWhole ? withBody(record, readBody.get(record.id)) : { ...record, payload: null };
        return [
          record.id,
          {
            record: known,
            isWhole,
            isStored: true,
            isDispatched: false,
            isRenewed: false,
            errorCode,
            fingerprint,
            newFailures: [],
          },
        ];
      }),
    );
  }

  function write(jobs: readonly ChangedJob[]): void {
    const stored = jobs.filter(({ isStored }) => isStored);
    const unseen = jobs.filter(({ isStored }) => !isStored);
    update(stored.filter(({ isDispatched }) => isDispatched));
    // Only the acceptance of a job says how urgent it is, which tags it has, and what is kept of it.
    for (const { isWhole, record } of stored) {
      const { id, priority = DEFAULT_PRIORITY, parentId = null, tags, history = null } = record;
      if (isWhole) setAccepted.run(priority, parentId, toTextsCell(tags), history, id);
    }
    if (unseen.length > 0)
      insert.run(
        JSON.stringify(
          unseen.map((job) => {
            const {
              id,
              kind,
              queue,
              priority = DEFAULT_PRIORITY,
              createdAt,
              parentId = null,
              tags,
              history = null,
            } = job.record;
            const accepted = [id, kind, queue, priority, createdAt, parentId, toTextsCell(tags), history];
            return [...accepted, ...cellsOfChanged(job)].map(toText);
          }),
        ),
      );
    const renewed = stored.filter(({ isRenewed }) => isRenewed);
    if (renewed.length > 0) dropEnds.run(JSON.stringify(renewed.map(({ record }) => record.id)));
    const bodies = jobs.map(bodyOf).filter(([, ...cells]) => cells.some((cell) => cell !== null));
    if (bodies.length > 0) putBodies.run(JSON.stringify(bodies));
    const healed = stored.filter(
      ({ record, errorCode }) => errorCode !== null && record.state === 'succeeded',
    );
    if (healed.length > 0) dropFailures.run(JSON.stringify(healed.map(({ record }) => record.id)));
    unkept.drop(jobs.flatMap(({ record }) => (keepsBody(record.history, record.state) ? [] : [record.id])));
    const failures = jobs.flatMap(({ newFailures }) => newFailures);
    if (failures.length > 0) failureSlices.add(failures, latest());
  }

  /** Whether control had superseded its message before the job was deleted. */
  function isOfDeletedJob({ message }: JobDeadLetter, known: JobRecord | undefined): boolean {
    return known === undefined && message.generation < (superseded.nextGenerationOf(message.id) ?? 0);
  }

  return {
    /** Changes may have been rolled back: what is remembered of them does not count. */
    forgetStored: versions.forgetStored,
    /**
     * Applies events in their order. A job of which there are only events of lower generations stays undispatched if it is. One that is accepted under the
     * id of a deleted job that control had superseded continues its generations, undispatched.
     */
    apply(events: readonly RecordableEvent[]): AppliedEvents {
      const accepted = new Set(events.filter(isAccepted).map(({ jobId }) => jobId));
      const stored = read(new Set(events.map(({ jobId }) => jobId)), accepted);
      const changed = new Map<string, ChangedJob>();
      const goneMessages: SupersededMessage[] = [];
      const delayedMessages: (SupersededMessage & { readonly dueInMs: number })[] = [];
      const ofAttempts: EventOfAttempt[] = [];
      const continued: AcceptedEvent[] = [];
      for (const event of events) {
        const job = changed.get(event.jobId) ?? stored.get(event.jobId) ?? UNSEEN;
        const generation = generationOf(event);
        if (isAboutAttempt(event)) ofAttempts.push({ event, readyAt: readyAtOf(job.record, event) });
        const isLower = generation < (job.record?.generation ?? 0);
        // Of a job that was deleted, entries stay: they tell that its generations continue.
        if (job.record !== undefined && (isLower || !changesJob(event)) && endsMessage(event))
          goneMessages.push({ jobId: event.jobId, generation });
        // A handler may have snoozed its job for a year just before that was cancelled.
        const dueInMs = isLower ? nextDueInMs(event) : undefined;
        if (dueInMs !== undefined) delayedMessages.push({ jobId: event.jobId, generation, dueInMs });
        if (!changesJob(event)) continue;
        const isUnknown = isAccepted(event) && job.record === undefined;
        const next = isUnknown ? superseded.nextGenerationOf(event.jobId) : undefined;
        // The acceptance of the job that was deleted, late or once more: nothing of it is to run again.
        if (next !== undefined && superseded.deletedCreatedAt(event.jobId) === event.createdAt) continue;
        const record = applyEvent(job.record, event);
        // An acceptance that comes late may still fill in what is missing.
        if (isLower && record === job.record) continue;
        if (isAccepted(event) && job.record?.payload === undefined) rollups.entered(event);
        rollups.moved(event, job.record?.state, record.state);
        if (next === undefined) {
          const after = changedBy(job, record, !isLower);
          const isNewFailure = after.newFailures !== job.newFailures;
          changed.set(
            event.jobId,
            isNewFailure && isAboutAttempt(event) ? { ...after, failedVersion: event.version } : after,
          );
        } else {
          // Workers take the message that was published for one of a deleted job: a relay publishes another.
          changed.set(event.jobId, changedBy(job, { ...record, generation: next }, false));
          if (isAccepted(event)) continued.push(event);
        }
      }
      if (changed.size > 0) write([...changed.values()]);
      for (const { jobId, delayMs } of continued) {
        const now = latest();
        undispatch.run(now, now, delayMs > 0 ? now + delayMs : null, jobId);
      }
      attempts.apply(ofAttempts);
      return { changed: [...changed.values()].map(({ record }) => record), goneMessages, delayedMessages };
    },
    /**
     * Applies dead letters in their order; returns the jobs that they are about, and an answer for each dead letter. It may be that of a copy: only
     * events say that a message is gone.
     */
    applyDeadLetters(letters: readonly JobDeadLetter[], at: number) {
      const stored = read(new Set(letters.map(({ message }) => message.id)), new Set());
      const changed = new Map<string, ChangedJob>();
      const filled: SqlRow[] = [];
      const answers = letters.map((letter): DeadLetterAnswer => {
        const { id, priority, body } = letter.message;
        const { headers, parentId = null } = splitParent(letter.message.headers);
        const job = changed.get(id) ?? stored.get(id) ?? UNSEEN;
        const answer = isOfDeletedJob(letter, job.record)
          ? 'superseded'
          : answerTo(letter, job.record, readBody.get(id));
        if (answer !== 'kept') return answer;
        const record = applyDeadLetter(job.record, letter, at);
        rollups.moved(record, job.record?.state, record.state);
        changed.set(id, changedBy(job, record, true));
        // Of bytes, no JSON is made on the way.
        if (fill.run(id, body, toHeaderCell(headers)) > 0) filled.push([priority, parentId, id]);
        return answer;
      });
      if (changed.size > 0) write([...changed.values()]);
      for (const cells of filled) setOrigin.run(...cells);
      return { changed: [...changed.values()].map(({ record }) => record), answers };
    },
  };
}

function changedBy(job: ChangingJob, record: JobRecord, isDispatched: boolean): ChangedJob {
  const isSame = record.generation === job.record?.generation;
  const before = isSame ? job : { ...job, isRenewed: true, errorCode: null, fingerprint: null };
  return { ...before, ...causeOf(before, record), record, isDispatched: isDispatched || job.isDispatched };
}

/** What a new failure changes; nothing without one. */
function causeOf(
  { record: before, fingerprint: group, newFailures }: ChangingJob,
  { failure, failurePosition, attempt, maxAttempts, attemptBudget = maxAttempts }: JobRecord,
): Partial<ChangingJob> {
  if (failure === undefined || failurePosition === before?.failurePosition) return {};
  const fingerprint = fingerprintOf(failure);
  const isFirstAttempt = attempt <= maxAttempts - attemptBudget + 1;
  const isNewJob = isFirstAttempt || fingerprint !== group;
  return {
    errorCode: failure.errorCode ?? failure.code,
    fingerprint,
    newFailures: [...newFailures, { fingerprint, isNewJob }],
  };
}

/** Whether a dead letter is of the job that is known by its id. */
function answerTo(
  { message }: JobDeadLetter,
  known: JobRecord | undefined,
  body: SqlRow | undefined,
): DeadLetterAnswer {
  if (known === undefined) return 'kept';
  if (message.generation < (known.generation ?? 0)) return 'superseded';
  if (message.kind !== known.kind || message.queue !== known.queue) return 'conflict';
  const payload = body?.[0];
  return !(payload instanceof Uint8Array) || isSamePayload(message.body, payload) ? 'kept' : 'conflict';
}

/** The values of {@link CHANGED_COLUMNS}. */
function changedCells({ record, errorCode, fingerprint }: ChangedJob): readonly SqlValue[] {
  const cells = toChangingCells(record);
  return record.state === 'succeeded' ? [...cells, null, null] : [...cells, errorCode, fingerprint];
}

/** The id and the values of {@link BODY_COLUMNS}, as JSON; nothing where nothing is to be written. */
function bodyOf({ record, isWhole }: ChangedJob): readonly (string | null)[] {
  const { id, result, failure } = record;
  const { payload, headers, redact } = isWhole ? record : {};
  const toCell = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  // A job that succeeded has a result: nothing is stored of `null`.
  const kept = result === null ? undefined : result;
  return [
    id,
    toCell(payload),
    headers === undefined ? null : toHeaderCell(headers),
    toCell(kept),
    toCell(failure),
    toCell(redact),
  ];
}
