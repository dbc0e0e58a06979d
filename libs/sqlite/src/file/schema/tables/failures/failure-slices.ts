/**
 * Leads from version 9 to 10. `failure_slice`: how many attempts failed with a fingerprint in each five minutes, and how many jobs
 * came into the group by that. `start_at` is in the time of the file. Rows are deleted after a day, so a group has at most 289.
 * Failures before the migration are not counted.
 */
export const FAILURE_SLICE_TABLES = `
CREATE TABLE failure_slice (
  fingerprint TEXT NOT NULL,
  start_at INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  new_jobs INTEGER NOT NULL,
  PRIMARY KEY (fingerprint, start_at)
) WITHOUT ROWID;
CREATE INDEX failure_slice_start ON failure_slice (start_at);
`;
