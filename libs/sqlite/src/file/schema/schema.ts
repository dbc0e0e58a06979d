import { LeveretError } from '@leveret/core';
import type { SqlConnection } from '../libsql.ts';
import { ACCOUNT_TABLES } from './tables/account-tables.ts';
import { ACTIVITY_TABLES } from './tables/activity-tables.ts';
import { AUDIT_LISTS } from './tables/audit-lists.ts';
import { BLOB_TABLES } from './tables/blob-tables.ts';
import { CONTROL_COLUMNS } from './tables/control-columns.ts';
import { CONTROL_TABLES } from './tables/control-tables.ts';
import { FAILURE_SLICE_TABLES } from './tables/failures/failure-slices.ts';
import { FAILURE_VERSION_TABLES } from './tables/failures/failure-versions.ts';
import { DUE_JOB_TABLES } from './tables/jobs/due-jobs.ts';
import { putJobsIntoColumns } from './tables/jobs/job-columns.ts';
import { JOB_LOG_TABLES } from './tables/jobs/job-log-tables.ts';
import { JOB_PARENT_COLUMNS } from './tables/jobs/job-parents.ts';
import { KEPT_BODIES_TABLES } from './tables/kept-bodies.ts';
import { LEFT_WORKERS } from './tables/left-workers.ts';
import { OLD_ACTION_TABLES } from './tables/old-actions.ts';
import { RECORDING_REPORT_TABLES } from './tables/recording-report.ts';
import { SET_ASIDE_TABLES } from './tables/set-aside-tables.ts';
import { SUPERSEDED_COUNT_TABLES } from './tables/superseded-count.ts';

/**
 * `message`: jobs on their way. `claim` names the claimant that holds one; `due_at` is set when it waits for its time; both
 * partial indexes hold only what waits, so that a claim costs the same however much is under way.
 * `claimant`: open databases of live processes. `event`: events on their way to the recorder. `role`: who is the recorder.
 * `job`: the ledger; `undispatched_at` is set while the broker may not have the job.
 */
const VERSION_1 = `
CREATE TABLE message (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  queue TEXT NOT NULL,
  due_at INTEGER,
  claim INTEGER,
  redelivered INTEGER NOT NULL DEFAULT 0,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  held_ms INTEGER NOT NULL,
  headers TEXT,
  body BLOB NOT NULL
);
CREATE INDEX message_ready ON message (queue, seq) WHERE claim IS NULL AND due_at IS NULL;
CREATE INDEX message_due ON message (queue, due_at) WHERE claim IS NULL AND due_at IS NOT NULL;
CREATE INDEX message_claimed ON message (claim) WHERE claim IS NOT NULL;
CREATE TABLE dead_letter (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  queue TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  version INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  held_ms INTEGER NOT NULL,
  headers TEXT,
  body BLOB NOT NULL,
  failure_code TEXT NOT NULL,
  failure_message TEXT NOT NULL
);
CREATE INDEX dead_letter_queue ON dead_letter (queue, seq);
CREATE TABLE event (seq INTEGER PRIMARY KEY AUTOINCREMENT, events TEXT NOT NULL);
CREATE TABLE claimant (id INTEGER PRIMARY KEY AUTOINCREMENT, identity TEXT NOT NULL);
CREATE TABLE role (name TEXT PRIMARY KEY, claimant INTEGER NOT NULL, holder INTEGER NOT NULL);
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  record TEXT NOT NULL,
  payload BLOB,
  headers TEXT,
  due_at INTEGER,
  undispatched_at INTEGER,
  leased_until INTEGER
) WITHOUT ROWID;
CREATE INDEX job_undispatched ON job (undispatched_at) WHERE undispatched_at IS NOT NULL;
`;

/**
 * `claimant`: alive is who holds the lock of its file. `clock`: how the time of the file, in which `due_at`, `undispatched_at`
 * and `leased_until` are, follows from the wall clock (see `file-time.ts`).
 */
const VERSION_2 = `
UPDATE message SET claim = NULL, redelivered = 1 WHERE claim IS NOT NULL;
DELETE FROM role;
DELETE FROM claimant;
ALTER TABLE claimant DROP COLUMN identity;
CREATE TABLE clock (ahead_ms INTEGER NOT NULL, last_at INTEGER NOT NULL);
INSERT INTO clock (ahead_ms, last_at) VALUES (0, 0);
`;

/**
 * `listener`: who listens to what. `signal`: the last thousand messages of live channels, kept while there are listeners; `seq` has
 * no holes but at the beginning. The recorder deletes recorded events: hence the copy, which is made only for listeners.
 */
const VERSION_3 = `
CREATE TABLE listener (
  topic TEXT NOT NULL,
  claimant INTEGER NOT NULL,
  holder INTEGER NOT NULL,
  PRIMARY KEY (topic, claimant, holder)
) WITHOUT ROWID;
CREATE TABLE signal (seq INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, body TEXT NOT NULL);
CREATE TRIGGER event_told AFTER INSERT ON event WHEN EXISTS (SELECT 1 FROM listener WHERE topic = 'events')
BEGIN
  INSERT INTO signal (topic, body) VALUES ('events', NEW.events);
END;
CREATE TRIGGER signal_kept AFTER INSERT ON signal
BEGIN
  DELETE FROM signal WHERE seq <= NEW.seq - 1000;
END;
`;

/** `priority`: the lane that a message waits in; each has its own part of the indexes. `crashes`: deaths that a job is charged with. */
const VERSION_4 = `
ALTER TABLE message ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';
ALTER TABLE message ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';
ALTER TABLE dead_letter ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
DROP INDEX message_ready;
DROP INDEX message_due;
CREATE INDEX message_ready ON message (queue, priority, seq) WHERE claim IS NULL AND due_at IS NULL;
CREATE INDEX message_due ON message (queue, priority, due_at) WHERE claim IS NULL AND due_at IS NOT NULL;
`;

/**
 * `max_attempts`: the last attempt that a job gets, where it is not as its definition says. `returns`: how often a process was lost that
 * had the message. `resent`: it is a copy of one that may exist already. `job.leased_until`: until then an undispatched job is held for a
 * process, at first the one that accepted it; the index tells it, so that the payloads of held jobs are not read.
 * `snoozes`: how often its handler snoozed it. `meta`: what the file is, such as the UUID that tells this ledger from others.
 * `failure_details`: name, stack, causes and `errorCode` of the failure of a dead letter, as JSON.
 * `unapplied_event`: entries of lists of events that could not be applied, as JSON, and why.
 */
const VERSION_5 = `
ALTER TABLE message ADD COLUMN max_attempts INTEGER;
ALTER TABLE dead_letter ADD COLUMN max_attempts INTEGER;
CREATE TABLE unapplied_event (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL, reason TEXT NOT NULL);
ALTER TABLE message ADD COLUMN returns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN snoozes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN snoozes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN failure_details TEXT;
ALTER TABLE message ADD COLUMN resent INTEGER NOT NULL DEFAULT 0;
CREATE TABLE start (
  job_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  instance_id TEXT NOT NULL,
  is_ended INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  PRIMARY KEY (job_id, attempt, instance_id)
) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('ledger-id', lower(
  hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))
));
DROP INDEX job_undispatched;
CREATE INDEX job_undispatched ON job (undispatched_at, leased_until) WHERE undispatched_at IS NOT NULL;
`;

/** What leads from each version to the next; the version of a file is kept in `PRAGMA user_version`. */
const MIGRATIONS: readonly ((connection: SqlConnection) => void)[] = [
  ...[VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5].map(
    (sql) => (connection: SqlConnection) => connection.exec(sql),
  ),
  putJobsIntoColumns,
  (connection) => {
    connection.exec(CONTROL_TABLES);
    connection.exec(KEPT_BODIES_TABLES);
    connection.exec(SET_ASIDE_TABLES);
    connection.exec(JOB_LOG_TABLES);
  },
  (connection) => {
    connection.exec(SUPERSEDED_COUNT_TABLES);
    connection.exec(FAILURE_VERSION_TABLES);
    connection.exec(OLD_ACTION_TABLES);
    connection.exec(RECORDING_REPORT_TABLES);
    connection.exec(LEFT_WORKERS);
    connection.exec(BLOB_TABLES);
    connection.exec(ACTIVITY_TABLES);
  },
  (connection) => {
    connection.exec(DUE_JOB_TABLES);
    connection.exec(CONTROL_COLUMNS);
    connection.exec(ACCOUNT_TABLES);
  },
  (connection) => connection.exec(FAILURE_SLICE_TABLES),
  (connection) => {
    connection.exec(AUDIT_LISTS);
    connection.exec(JOB_PARENT_COLUMNS);
  },
];

/**
 * Brings the tables of a file up to date, or makes them; must run inside a transaction.
 *
 * @throws {LeveretError} `STORE_UNAVAILABLE` when the file was written by a newer version.
 */
export function migrate(connection: SqlConnection): void {
  const version = versionOf(connection);
  if (version === MIGRATIONS.length) return;
  for (const step of MIGRATIONS.slice(version)) step(connection);
  connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
}

/** Whether the file is of an older version: then it may take up to a minute until another process has brought it up to date. */
export function isOlder(connection: SqlConnection): boolean {
  const version = versionOf(connection);
  return version > 0 && version < MIGRATIONS.length;
}

/** For who only reads. @throws {LeveretError} `STORE_UNAVAILABLE` when the tables are not those of this version. */
export function requireTables(connection: SqlConnection): void {
  const version = versionOf(connection);
  if (version === 0)
    throw new LeveretError('STORE_UNAVAILABLE', 'the file holds no ledger: it was not written by Leveret');
  if (version < MIGRATIONS.length)
    throw new LeveretError(
      'STORE_UNAVAILABLE',
      `the file was written by an older version of Leveret (tables ${version}, this one reads ${MIGRATIONS.length}): start an updated process on it, which brings it up to date`,
    );
}

function versionOf(connection: SqlConnection): number {
  const version = Number(connection.prepare('PRAGMA user_version').get()?.[0] ?? 0);
  if (version <= MIGRATIONS.length) return version;
  throw new LeveretError(
    'STORE_UNAVAILABLE',
    `the file was written by a newer version of Leveret (tables ${version}, this one knows ${MIGRATIONS.length}): update this process`,
  );
}
