/**
 * `rollup`: what happened in each slice of time, 10 s or a minute long, by queue and kind. `start_at` is in the time of the file. `waits` and `runs`
 * are histograms as JSON, bucket and count in turn. `change`: the ids of jobs that one commit changed, as JSON; each has a number, the last
 * one `number`. `at` is in the time of the file. The first number is random, so that those of other ledgers are hardly ever among those that are kept. There is always a row.
 */
export const ACTIVITY_TABLES = `
CREATE TABLE rollup (
  slice_ms INTEGER NOT NULL,
  start_at INTEGER NOT NULL,
  queue TEXT NOT NULL,
  kind TEXT NOT NULL,
  entered INTEGER NOT NULL,
  succeeded INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  expired INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  waits TEXT NOT NULL,
  runs TEXT NOT NULL,
  PRIMARY KEY (slice_ms, start_at, queue, kind)
) WITHOUT ROWID;
CREATE TABLE change (
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  ids TEXT NOT NULL
);
INSERT INTO change VALUES (1 + (random() & 0xFFFFFFFFFFFF), 0, '[]');
`;
