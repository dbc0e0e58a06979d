import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SqlConnection } from './libsql.ts';
import { type LockableFile, openLockable } from './lock-file.ts';

/** Shortest time between two questions to the kernel, in milliseconds: less than the pause of the poll that asks. */
const PROBE_EVERY_MS = 150;

/** Open databases, identified by number. One is alive for as long as a process holds the lock of its file. */
export interface Claimants {
  /** Enters this open database and locks its file; returns its number. Inside a transaction: no other process sees it unlocked. */
  enter(): number;
  /** Whether there are others: without them there is no process to wake. */
  hasOthers(): boolean;
  /** Those that are gone. Asks the kernel only so often: in between, none is. */
  findGone(): readonly number[];
  /** Strikes one off. */
  strike(id: number): void;
  /** Lets go of this database's own lock. */
  leave(): void;
}

/** Looks after the claimants of the database at `file`: their rows, and their files `<file>-claim-<number>`. */
export function createClaimants(connection: SqlConnection, file: string, monotonic: () => number): Claimants {
  const insert = connection.prepare('INSERT INTO claimant DEFAULT VALUES RETURNING id');
  const others = connection.prepare('SELECT id FROM claimant WHERE id <> ?');
  const known = connection.prepare('SELECT 1 FROM claimant WHERE id = ?');
  const remove = connection.prepare('DELETE FROM claimant WHERE id = ?');
  const files = new Map<number, LockableFile>();
  let self = 0;
  let probedAt = Number.NEGATIVE_INFINITY;

  const fileOf = (id: number) => `${file}-claim-${id}`;

  function lock(id: number): boolean {
    const lockable = files.get(id) ?? openLockable(fileOf(id));
    files.set(id, lockable);
    return lockable.tryLock();
  }

  /** Whether the lock of a claimant could be taken, for good. One whose file may not be opened cannot be judged. */
  function isGone(id: number): boolean {
    try {
      return lock(id);
    } catch {
      forget(id);
      return false;
    }
  }

  function forget(id: number): void {
    files.get(id)?.close();
    files.delete(id);
  }

  function drop(id: number): void {
    rmSync(fileOf(id), { force: true });
    forget(id);
  }

  /** Files are left behind when a process dies between its last commit and their removal. */
  function sweep(): void {
    const prefix = `${basename(file)}-claim-`;
    for (const name of readdirSync(dirname(file))) {
      const id = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
      if (Number.isInteger(id) && known.get(id) === undefined)
        rmSync(join(dirname(file), name), { force: true });
    }
  }

  return {
    enter() {
      sweep();
      self = Number(insert.get()?.[0]);
      // A process that may write to the database may check whether this process is alive.
      const mode = statSync(file).mode & 0o777;
      writeFileSync(fileOf(self), '', { mode });
      chmodSync(fileOf(self), mode);
      if (!lock(self)) throw new Error(`${fileOf(self)} is locked by another process`);
      return self;
    },
    hasOthers: () => others.get(self) !== undefined,
    findGone() {
      const now = monotonic();
      if (now < probedAt + PROBE_EVERY_MS) return [];
      probedAt = now;
      const ids = others.all(self).map(([id]) => Number(id));
      for (const id of files.keys()) if (id !== self && !ids.includes(id)) forget(id);
      return ids.filter(isGone);
    },
    strike(id) {
      remove.run(id);
      if (id !== self) drop(id);
    },
    leave: () => drop(self),
  };
}
