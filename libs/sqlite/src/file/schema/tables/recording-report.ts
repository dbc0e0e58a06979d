/**
 * Leads from version 7 to 8: `recording_report` has at most one row, the last report of a recorder on how far this ledger is. `is_own`: the events of
 * this ledger wait in this file, in `event`, which says more.
 */
export const RECORDING_REPORT_TABLES = `
CREATE TABLE recording_report (
  number INTEGER PRIMARY KEY CHECK (number = 1),
  at INTEGER NOT NULL,
  behind_ms INTEGER NOT NULL,
  is_own INTEGER NOT NULL
);
`;
