import Database from 'libsql';
import type { Baseline } from './subject.ts';

/**
 * SQLite as a plain program uses it: one file, WAL and full synchronisation, whatever was asked for in one turn of the event
 * loop committed together, and a taken message deleted in the commit that acknowledges it.
 */
export function openLibsqlBaseline(file: string): Baseline {
  const database = new Database(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, body BLOB NOT NULL)');
  const insert = database.prepare('INSERT INTO message (body) VALUES (?)');
  const oldest = database.prepare('SELECT id FROM message ORDER BY id LIMIT ?');
  const remove = database.prepare('DELETE FROM message WHERE id = ?');
  let pending: { readonly body: Uint8Array; readonly done: () => void }[] = [];
  let onCommit: () => void = () => undefined;

  function commit(work: () => void): void {
    database.exec('BEGIN IMMEDIATE');
    work();
    database.exec('COMMIT');
  }

  function flush(): void {
    const batch = pending;
    pending = [];
    commit(() => {
      for (const { body } of batch) insert.run([Buffer.from(body)]);
    });
    for (const { done } of batch) done();
    onCommit();
  }

  function take(limit: number): number {
    let taken = 0;
    commit(() => {
      for (const { id } of oldest.all([limit]) as { id: number }[]) {
        remove.run([id]);
        taken += 1;
      }
    });
    return taken;
  }

  return {
    enqueue: (body) =>
      new Promise((done) => {
        if (pending.length === 0) setImmediate(flush);
        pending.push({ body, done });
      }),
    drain(count, concurrency) {
      for (let left = count; left > 0; ) left -= take(concurrency);
      return Promise.resolve();
    },
    listen(onMessage) {
      onCommit = () => {
        for (let left = take(1); left > 0; left = take(1)) onMessage();
      };
      return Promise.resolve(() => {
        onCommit = () => undefined;
        return Promise.resolve();
      });
    },
    close() {
      database.close();
      return Promise.resolve();
    },
  };
}
