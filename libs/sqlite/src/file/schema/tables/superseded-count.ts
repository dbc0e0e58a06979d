/**
 * Leads from version 7 to 8: `superseded_count` is how many rows of `superseded` each queue has, or has had. Triggers keep it. `job_created_at` is set
 * in the entries of a deleted job: a late acceptance of that job is told from a new job under its id.
 */
export const SUPERSEDED_COUNT_TABLES = `
ALTER TABLE superseded ADD COLUMN job_created_at INTEGER;
CREATE TABLE superseded_count (queue TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO superseded_count SELECT queue, count(*) FROM superseded GROUP BY queue;
CREATE TRIGGER superseded_added AFTER INSERT ON superseded
BEGIN
  INSERT INTO superseded_count VALUES (NEW.queue, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER superseded_removed AFTER DELETE ON superseded
BEGIN
  UPDATE superseded_count SET count = count - 1 WHERE queue = OLD.queue;
END;
`;
