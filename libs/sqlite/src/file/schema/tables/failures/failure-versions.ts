/**
 * Leads from version 7 to 8: `failure_version` has, of each group of failures, the versions of the applications whose attempts failed so: the newest, in the
 * order in which they were first met. Of the attempts in an earlier file, the newest one of each failed job is counted.
 */
export const FAILURE_VERSION_TABLES = `
CREATE TABLE failure_version (
  seq INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  version TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  UNIQUE (fingerprint, version)
);
INSERT INTO failure_version (fingerprint, version, first_seen_at)
  SELECT fingerprint, version, min(ended_at) AS first_seen_at FROM job CROSS JOIN attempt ON job_id = job.id AND attempt.attempt = settled_attempt
    WHERE fingerprint IS NOT NULL AND failure IS NOT NULL AND version IS NOT NULL
    GROUP BY fingerprint, version ORDER BY first_seen_at;
`;
