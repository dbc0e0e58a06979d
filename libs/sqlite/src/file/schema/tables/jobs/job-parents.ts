/**
 * `job.parent_id`: the job that enqueued the job, empty for none. The index holds children alone, in the order of lists. Children of
 * earlier versions have no parent.
 */
export const JOB_PARENT_COLUMNS = `
ALTER TABLE job ADD COLUMN parent_id TEXT;
CREATE INDEX job_parent ON job (parent_id, updated_at) WHERE parent_id IS NOT NULL;
`;
