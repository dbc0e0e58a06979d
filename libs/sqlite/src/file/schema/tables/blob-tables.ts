/**
 * Leads from version 7 to 8, for the files that jobs refer to. `blob_ref`: keys in blob storage, by job; a key with a `/` at its end is a folder.
 * `unreferenced_blob`: keys whose last job was deleted at `since_at`, in the time of the file; their files are to be deleted. `blob_kind`: up to which job, in the order of ids,
 * references of a kind were looked for that its jobs lack; `is_done` is 1 when it has no more.
 */
export const BLOB_TABLES = `
CREATE TABLE blob_ref (
  key TEXT NOT NULL,
  job_id TEXT NOT NULL,
  PRIMARY KEY (key, job_id)
) WITHOUT ROWID;
CREATE INDEX blob_ref_job ON blob_ref (job_id);
CREATE TABLE unreferenced_blob (
  key TEXT PRIMARY KEY,
  since_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX unreferenced_blob_since ON unreferenced_blob (since_at);
CREATE TRIGGER blob_ref_inserted AFTER INSERT ON blob_ref
BEGIN
  DELETE FROM unreferenced_blob WHERE key = NEW.key;
END;
CREATE TABLE blob_kind (
  kind TEXT PRIMARY KEY,
  after_id TEXT NOT NULL,
  is_done INTEGER NOT NULL
) WITHOUT ROWID;
`;
