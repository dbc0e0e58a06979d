import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A control group (cgroup, version 2) for one process and everything that it starts. */
export interface MemoryCgroup {
  /** Whether the kernel killed its processes because they were over the limit. */
  hasExceeded(): boolean;
  /** Kills what is left in it, and deletes it. */
  remove(): void;
}

/** Makes control groups. */
export interface MemoryCgroups {
  /** Moves a process, which has just started, into a group of its own. Undefined where the system refuses that. */
  add(pid: number): MemoryCgroup | undefined;
}

/** Where the system shows its control groups, and who asks. Tests have folders of their own. */
export interface CgroupSystem {
  /** Tells the group of this process. */
  readonly selfFile: string;
  readonly root: string;
  readonly userId: number | undefined;
}

const THIS_SYSTEM: CgroupSystem = {
  selfFile: '/proc/self/cgroup',
  root: '/sys/fs/cgroup',
  userId: process.getuid?.(),
};

/**
 * Finds out whether this process may make control groups with a limit of memory: beside its own group, in one that was delegated to its
 * user (systemd: `Delegate=memory` with `DelegateSubgroup=`). Undefined otherwise, which is usual. It never is for root: root may write
 * into groups that others manage.
 */
export function findMemoryCgroups(limitBytes: number, system = THIS_SYSTEM): MemoryCgroups | undefined {
  const folder = delegatedFolder(system);
  if (folder === undefined) return undefined;
  /** Groups whose processes were still ending. */
  const leftovers = new Set<string>();
  const removeAll = () => {
    for (const path of leftovers) if (attempt(() => rmdirSync(path))) leftovers.delete(path);
  };
  return {
    add(pid) {
      const path = join(folder, `leveret-${process.pid}-${pid}`);
      const remove = () => {
        attempt(() => writeFileSync(join(path, 'cgroup.kill'), '1'));
        leftovers.add(path);
        removeAll();
      };
      const isMade = attempt(() => {
        mkdirSync(path);
        writeFileSync(join(path, 'memory.max'), String(limitBytes));
        writeFileSync(join(path, 'memory.oom.group'), '1');
        // Absent where the kernel does not count swap.
        attempt(() => writeFileSync(join(path, 'memory.swap.max'), '0'));
        writeFileSync(join(path, 'cgroup.procs'), String(pid));
      });
      if (!isMade) {
        attempt(() => rmdirSync(path));
        return undefined;
      }
      return { hasExceeded: () => /^oom_kill [1-9]/m.test(readText(join(path, 'memory.events'))), remove };
    },
  };
}

function delegatedFolder({ selfFile, root, userId }: CgroupSystem): string | undefined {
  const [, own] = /^0::(\/.+)$/m.exec(readText(selfFile)) ?? [];
  if (own === undefined || userId === undefined || userId === 0) return undefined;
  const folder = join(root, dirname(own));
  const isOurs = attempt(() => {
    if (statSync(folder).uid !== userId) throw new RangeError('it belongs to another user');
    accessSync(folder, constants.W_OK);
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK);
  });
  const hasMemory = readText(join(folder, 'cgroup.subtree_control')).split(/\s/).includes('memory');
  return isOurs && hasMemory ? folder : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // There is none: this system has no such thing.
    return '';
  }
}

function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
