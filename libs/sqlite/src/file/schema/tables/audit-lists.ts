/**
 * Leads from version 10 to 11, for the lists of the audit: an operation makes an entry for each of its jobs. `audit_without_items` has all entries but
 * these, `audit_operation` those of one operation.
 */
export const AUDIT_LISTS = `
CREATE INDEX audit_without_items ON audit (seq) WHERE job_id IS NULL OR operation_id IS NULL;
CREATE INDEX audit_operation ON audit (operation_id, seq) WHERE operation_id IS NOT NULL;
`;
