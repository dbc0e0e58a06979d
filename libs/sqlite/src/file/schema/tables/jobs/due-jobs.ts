/** Leads from version 8 to 9: finds the job of a queue that is due first. Only jobs that wait for a moment are in the index. */
export const DUE_JOB_TABLES = `
CREATE INDEX job_due ON job (queue, next_due_at) WHERE next_due_at IS NOT NULL;
`;
