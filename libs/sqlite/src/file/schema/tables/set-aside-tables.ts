/**
 * `set_aside`: messages that cannot be jobs, as they came; `body` is cut at the size limit of a payload, `body_bytes` is its whole length.
 * `digest`: of queue, properties and whole body; it tells a message that comes again.
 */
export const SET_ASIDE_TABLES = `
CREATE TABLE set_aside (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  queue TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  body_bytes INTEGER NOT NULL,
  digest BLOB NOT NULL,
  properties TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX set_aside_digest ON set_aside (digest);
`;
