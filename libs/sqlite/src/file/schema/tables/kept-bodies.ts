/**
 * `job.history`: the history policy of the job's definition, empty for `all`. `job_body.redact`: the redacted paths of its definition, as JSON,
 * empty for none: read with what they mask.
 */
export const KEPT_BODIES_TABLES = `
ALTER TABLE job ADD COLUMN history TEXT;
ALTER TABLE job_body ADD COLUMN redact TEXT;
`;
