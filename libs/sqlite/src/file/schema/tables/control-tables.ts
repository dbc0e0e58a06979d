/**
 * `job.attempt_budget`: see `JobRecord.attemptBudget`. `control_seq`: the number of the last decision of control.
 * `superseded`: messages that are not to be run, those of lower generations included, until they have been seen or `until_at`. `pause`: queues
 * from which no worker starts jobs. `worker_presence`: workers that have asked what is decided, and what they say of themselves, as JSON. `operation`:
 * actions on many jobs; `leased_until` is until when the process that chooses its jobs, or `holder`, has it. `operation_item`: their jobs, in order.
 * `audit`: what was done. `until_at`, `seen_at` and `leased_until` are in the time of the file, all else in the time of whoever acted.
 */
export const CONTROL_TABLES = `
ALTER TABLE job ADD COLUMN attempt_budget INTEGER;
CREATE TABLE control_seq (seq INTEGER NOT NULL);
INSERT INTO control_seq VALUES (0);
CREATE TABLE superseded (
  seq INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  queue TEXT NOT NULL,
  until_at INTEGER NOT NULL,
  UNIQUE (job_id, generation)
);
CREATE INDEX superseded_queue ON superseded (queue, seq);
CREATE INDEX superseded_until ON superseded (until_at);
CREATE TABLE pause (
  queue TEXT PRIMARY KEY,
  author TEXT NOT NULL,
  reason TEXT,
  at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE worker_presence (
  instance_id TEXT PRIMARY KEY,
  presence TEXT NOT NULL,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE operation (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  action TEXT NOT NULL,
  selection TEXT NOT NULL,
  author TEXT NOT NULL,
  reason TEXT,
  per_second INTEGER,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  total INTEGER NOT NULL DEFAULT 0,
  done INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  holder TEXT,
  leased_until INTEGER NOT NULL
);
CREATE INDEX operation_open ON operation (number) WHERE finished_at IS NULL;
CREATE TABLE operation_item (
  operation INTEGER NOT NULL,
  number INTEGER NOT NULL,
  job_id TEXT NOT NULL,
  outcome TEXT NOT NULL DEFAULT 'waiting',
  reason TEXT,
  PRIMARY KEY (operation, number),
  UNIQUE (operation, job_id)
) WITHOUT ROWID;
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  author TEXT NOT NULL,
  reason TEXT,
  action TEXT NOT NULL,
  job_id TEXT,
  queue TEXT,
  operation_id TEXT,
  state_before TEXT,
  state_after TEXT
);
CREATE INDEX audit_job ON audit (job_id, seq) WHERE job_id IS NOT NULL;
`;
