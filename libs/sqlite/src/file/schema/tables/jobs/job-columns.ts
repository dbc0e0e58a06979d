import { DEFAULT_PRIORITY, fingerprintOf, type JobRecord } from '@leveret/core';
import { CHANGING_COLUMNS, toChangingCells } from '../../../../rows/job-rows.ts';
import type { SqlConnection } from '../../../libsql.ts';

/**
 * `job`: what is searched, in columns; the indexes also hold `updated_at` and `id`, the order of lists. Most jobs are only in `job_group`
 * and `job_worker`; lists of whole queues, kinds or states are merged from those of their groups, which `counter` names. `next_due_at`: when the next attempt is due.
 * `due_at`, `undispatched_at` and `leased_until` are in the time of the file, all else in the time of whoever told. `newest` and
 * `failure_position` are positions of events, as text. `error_code` is set when the job has a failure. `job_body`: what is large; a job that
 * has none of it has no row. `attempt`: what is known of each attempt, of earlier generations too. Triggers keep `counter` (how many jobs there are),
 * `job_tag` (each tag of each job, in the order of lists) and `failure_group` (failures by fingerprint and kind, with their jobs counted).
 * `generation`: how often control has superseded a job; of a job, empty for 0. `role.is_own_ledger`: the recorder writes to the ledger in this file.
 */
const TABLES = `
ALTER TABLE job RENAME TO job_5;
DROP INDEX job_undispatched;
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  queue TEXT NOT NULL,
  priority TEXT NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  max_attempts INTEGER NOT NULL,
  settled_attempt INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  tags TEXT,
  updated_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  next_due_at INTEGER,
  progress REAL,
  runs_on TEXT,
  worker_id TEXT,
  suspect_starts INTEGER,
  newest TEXT,
  failure_position TEXT,
  generation INTEGER,
  error_code TEXT,
  fingerprint TEXT,
  due_at INTEGER,
  undispatched_at INTEGER,
  leased_until INTEGER
) WITHOUT ROWID;
CREATE TABLE job_body (
  id TEXT PRIMARY KEY,
  payload BLOB,
  headers TEXT,
  result TEXT,
  failure TEXT
) WITHOUT ROWID;
ALTER TABLE message ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE role ADD COLUMN is_own_ledger INTEGER NOT NULL DEFAULT 0;
CREATE TABLE attempt (
  job_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  outcome TEXT,
  worker_id TEXT,
  instance_id TEXT,
  version TEXT,
  failure TEXT,
  PRIMARY KEY (job_id, generation, attempt)
) WITHOUT ROWID;
CREATE TABLE job_tag (
  tag TEXT NOT NULL,
  job_updated_at INTEGER NOT NULL,
  job_id TEXT NOT NULL,
  PRIMARY KEY (tag, job_updated_at, job_id)
) WITHOUT ROWID;
CREATE TABLE failure_group (
  fingerprint TEXT NOT NULL,
  kind TEXT NOT NULL,
  error_code TEXT NOT NULL,
  retrying INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  sample_id TEXT NOT NULL,
  PRIMARY KEY (fingerprint, kind)
) WITHOUT ROWID;
CREATE INDEX failure_group_open ON failure_group (last_seen_at) WHERE retrying + dead > 0;
CREATE TABLE counter (
  queue TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (queue, kind, state)
) WITHOUT ROWID;
`;

/** A job that has failed comes into its group, or moves in it. It is seen when it has just failed: then it is retrying or dead. */
const enterGroup = `INSERT INTO failure_group
    SELECT NEW.fingerprint, NEW.kind, NEW.error_code, NEW.state = 'retrying', NEW.state = 'dead', NEW.updated_at, NEW.updated_at, NEW.id
      WHERE NEW.fingerprint IS NOT NULL
    ON CONFLICT DO UPDATE SET retrying = retrying + excluded.retrying, dead = dead + excluded.dead,
      last_seen_at = iif(excluded.retrying + excluded.dead > 0, max(last_seen_at, excluded.last_seen_at), last_seen_at),
      sample_id = iif(excluded.retrying + excluded.dead > 0, excluded.sample_id, sample_id);`;
const leaveGroup = `UPDATE failure_group SET retrying = retrying - (OLD.state = 'retrying'), dead = dead - (OLD.state = 'dead')
    WHERE fingerprint = OLD.fingerprint AND kind = OLD.kind;`;

const INDEXES = `
DROP TABLE job_5;
CREATE INDEX job_undispatched ON job (undispatched_at, leased_until) WHERE undispatched_at IS NOT NULL;
CREATE INDEX job_group ON job (queue, kind, state, updated_at);
CREATE INDEX job_worker ON job (worker_id, updated_at) WHERE worker_id IS NOT NULL;
CREATE INDEX job_error_code ON job (error_code, updated_at) WHERE error_code IS NOT NULL;
CREATE INDEX job_fingerprint ON job (fingerprint, updated_at) WHERE fingerprint IS NOT NULL;
INSERT INTO failure_group
  SELECT fingerprint, kind, min(error_code), sum(state = 'retrying'), sum(state = 'dead'), min(updated_at), max(updated_at), max(id)
    FROM job WHERE fingerprint IS NOT NULL GROUP BY fingerprint, kind;
INSERT INTO counter SELECT queue, kind, state, count(*) FROM job GROUP BY queue, kind, state;
CREATE TRIGGER job_entered AFTER INSERT ON job
BEGIN
  INSERT INTO counter VALUES (NEW.queue, NEW.kind, NEW.state, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER job_tagged AFTER INSERT ON job WHEN NEW.tags IS NOT NULL
BEGIN
  INSERT INTO job_tag SELECT DISTINCT value, NEW.updated_at, NEW.id FROM json_each(NEW.tags);
END;
CREATE TRIGGER job_retagged AFTER UPDATE ON job WHEN OLD.tags IS NOT NULL OR NEW.tags IS NOT NULL
BEGIN
  DELETE FROM job_tag WHERE tag IN (SELECT value FROM json_each(OLD.tags)) AND job_updated_at = OLD.updated_at AND job_id = OLD.id;
  INSERT INTO job_tag SELECT DISTINCT value, NEW.updated_at, NEW.id FROM json_each(NEW.tags);
END;
CREATE TRIGGER job_untagged AFTER DELETE ON job WHEN OLD.tags IS NOT NULL
BEGIN
  DELETE FROM job_tag WHERE tag IN (SELECT value FROM json_each(OLD.tags)) AND job_updated_at = OLD.updated_at AND job_id = OLD.id;
END;
CREATE TRIGGER job_failed AFTER INSERT ON job WHEN NEW.fingerprint IS NOT NULL
BEGIN
  ${enterGroup}
END;
CREATE TRIGGER job_regrouped AFTER UPDATE OF state, fingerprint ON job
  WHEN OLD.fingerprint IS NOT NULL OR NEW.fingerprint IS NOT NULL
BEGIN
  ${leaveGroup}
  ${enterGroup}
END;
CREATE TRIGGER job_ungrouped AFTER DELETE ON job WHEN OLD.fingerprint IS NOT NULL
BEGIN
  ${leaveGroup}
END;
CREATE TRIGGER job_moved AFTER UPDATE OF state ON job WHEN OLD.state <> NEW.state
BEGIN
  UPDATE counter SET count = count - 1 WHERE queue = OLD.queue AND kind = OLD.kind AND state = OLD.state;
  INSERT INTO counter VALUES (NEW.queue, NEW.kind, NEW.state, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER job_deleted AFTER DELETE ON job
BEGIN
  UPDATE counter SET count = count - 1 WHERE queue = OLD.queue AND kind = OLD.kind AND state = OLD.state;
END;
`;

/** The columns of version 6 that events change. Those that later versions add are empty in jobs of earlier ones. */
const CHANGING = [
  ...[
    'state',
    'attempt',
    'max_attempts',
    'settled_attempt',
    'updated_at',
    'started_at',
    'finished_at',
    'worker_id',
  ],
  ...['next_due_at', 'progress', 'runs_on', 'suspect_starts', 'newest', 'failure_position', 'generation'],
];
/** All columns of `job` in version 6. */
const JOB_COLUMNS = [
  ...['id', 'kind', 'queue', 'priority', 'created_at', 'tags'],
  ...CHANGING,
  ...['error_code', 'fingerprint', 'due_at', 'undispatched_at', 'leased_until'],
];
const BODY_COLUMNS = 'payload, headers, result, failure';

/** Jobs that are moved at a time. */
const PAGE = 1_000;

/** Leads from version 5 to 6: jobs are kept in columns instead of JSON. In one transaction: when it is interrupted, the file is as it was. */
export function putJobsIntoColumns(connection: SqlConnection): void {
  connection.exec(TABLES);
  const put = connection.prepare(
    `INSERT INTO job (${JOB_COLUMNS.join(', ')}) VALUES (${JOB_COLUMNS.map(() => '?').join(', ')})`,
  );
  const putBody = connection.prepare(`INSERT INTO job_body (id, ${BODY_COLUMNS}) VALUES (?, ?, ?, ?, ?)`);
  const find = connection.prepare(
    `SELECT id, record, payload, headers, due_at, undispatched_at, leased_until FROM job_5 WHERE id > ? ORDER BY id LIMIT ${PAGE}`,
  );
  for (let page = find.all(''); page.length > 0; page = find.all(page.at(-1)?.[0] ?? '')) {
    for (const [id = null, text, payload = null, headers = null, ...times] of page) {
      const record = JSON.parse(String(text)) as JobRecord;
      const { kind, queue, priority = DEFAULT_PRIORITY, createdAt, result, failure } = record;
      const failed = failure && [failure.errorCode ?? failure.code, fingerprintOf(failure)];
      put.run(
        id,
        kind,
        queue,
        priority,
        createdAt,
        null,
        ...toChangingCells(record).filter((_, index) => CHANGING.includes(CHANGING_COLUMNS[index] ?? '')),
        ...(failed ?? [null, null]),
        ...times,
      );
      const large = [result, failure].map((value) => (value == null ? null : JSON.stringify(value)));
      const body = [payload, headers, ...large];
      if (body.some((cell) => cell !== null)) putBody.run(id, ...body);
    }
  }
  connection.exec(INDEXES);
}
