import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SqlConnection } from './libsql.ts';
import { type FileLock, lockFile } from './lock-file.ts';

/** Shortest time between two questions to the kernel, in milliseconds: less than the pause of the poll that asks. */
const PROBE_EVERY_MS = 150;

/** Open databases, told apart by number. One is alive for as long as somebody holds the lock of its file. */
export interface Claimants {
  /** Enters this open database and locks its file; returns its number. Inside a transaction: nobody sees it unlocked. */
  enter(): number;
  /** Whether there are others: only then is there somebody to wake. */
  hasOthers(): boolean;
  /** Those that are gone. Asks the kernel only so often: in between, nobody is. */
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
  const locks = new Map<number, FileLock>();
  let self = 0;
  let probedAt = Number.NEGATIVE_INFINITY;

  const fileOf = (id: number) => `${file}-claim-${id}`;

  /** Locks the file of a claimant for good when nobody else has it. One that may not be opened cannot be judged. */
  function isGone(id: number): boolean {
    if (locks.has(id)) return true;
    try {
      const lock = lockFile(fileOf(id));
      if (lock !== undefined) locks.set(id, lock);
      return lock !== undefined;
    } catch {
      return false;
    }
  }

  function drop(id: number): void {
    rmSync(fileOf(id), { force: true });
    locks.get(id)?.release();
    locks.delete(id);
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
      // Whoever may write to the database may judge whether this process is alive.
      const mode = statSync(file).mode & 0o777;
      writeFileSync(fileOf(self), '', { mode });
      chmodSync(fileOf(self), mode);
      const lock = lockFile(fileOf(self));
      if (lock === undefined) throw new Error(`${fileOf(self)} is locked by somebody else`);
      locks.set(self, lock);
      return self;
    },
    hasOthers: () => others.get(self) !== undefined,
    findGone() {
      const now = monotonic();
      if (now < probedAt + PROBE_EVERY_MS) return [];
      probedAt = now;
      return others
        .all(self)
        .map(([id]) => Number(id))
        .filter(isGone);
    },
    strike(id) {
      remove.run(id);
      if (id !== self) drop(id);
    },
    leave: () => drop(self),
  };
}
