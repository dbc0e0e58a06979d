/**
 * Leads from version 6 to 7, for what attempts show. `job_log`: lines that handlers logged, as many as stay with a job; `fields` is JSON.
 * `number` counts the lines of one run of a handler. They go with their job. `job.progress` is from now on a number, or a report of more as JSON.
 * `attempt.host`: the machine of its worker. `attempt.queue_wait_ms`: how long it was ready before it started.
 */
export const JOB_LOG_TABLES = `
CREATE TABLE job_log (
  job_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  at INTEGER NOT NULL,
  number INTEGER NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  fields TEXT,
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (job_id, generation, attempt, at, number)
) WITHOUT ROWID;
CREATE TRIGGER job_log_deleted AFTER DELETE ON job
BEGIN
  DELETE FROM job_log WHERE job_id = OLD.id;
END;
ALTER TABLE attempt ADD COLUMN host TEXT;
ALTER TABLE attempt ADD COLUMN queue_wait_ms INTEGER;
`;
