/**
 * Leads from version 7 to 8, for the retention of what operators did: indexes by when it was. `operation_deletion` names an operation that is deleted already, and
 * of whose items some may be left.
 */
export const OLD_ACTION_TABLES = `
CREATE INDEX operation_finished ON operation (finished_at) WHERE finished_at IS NOT NULL;
CREATE TABLE operation_deletion (operation INTEGER PRIMARY KEY);
CREATE INDEX audit_at ON audit (at);
`;
