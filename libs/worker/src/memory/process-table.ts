import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';

/** Where a process comes from. */
export interface ProcessOrigin {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** In ticks since the machine started. With the pid it names one process: the kernel uses pids again. */
  readonly startedAtTicks: number;
}

/** The processes of this machine, as the kernel shows them. */
export interface ProcessTable {
  readonly pids: () => readonly number[];
  /** Undefined for a process that is gone. */
  readonly originOf: (pid: number) => ProcessOrigin | undefined;
  /** Memory of a process that lies in RAM now; 0 for one that is gone. */
  readonly residentBytesOf: (pid: number) => number;
  readonly kill: (pid: number) => void;
}

/** The process table of Linux. Undefined on other systems: they have no `/proc`. */
export const linuxProcesses: ProcessTable | undefined = existsSync('/proc/self/stat')
  ? {
      pids: () =>
        readdirSync('/proc')
          .map(Number)
          .filter((pid) => pid > 0),
      originOf(pid) {
        const text = readProc(`/proc/${pid}/stat`);
        return text === undefined ? undefined : parseStat(pid, text);
      },
      residentBytesOf: (pid) => parseResidentBytes(readProc(`/proc/${pid}/status`) ?? ''),
      kill(pid) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself.
        }
      },
    }
  : undefined;

/** Reads what `/proc/<pid>/stat` says. The name of the program comes second, in parentheses, and may hold anything. */
export function parseStat(pid: number, text: string): ProcessOrigin {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parentPid = 0, groupId = 0, sessionId = 0] = fields;
  return { pid, parentPid, groupId, sessionId, startedAtTicks: fields[19] ?? 0 };
}

/** Reads the resident memory out of `/proc/<pid>/status`. A process that has ended and waits for its parent has none. */
export function parseResidentBytes(text: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1_024;
}

/** Long enough for `stat` and `status`. One buffer serves all: reading is synchronous. */
const buffer = Buffer.alloc(8_192);

/** Synchronous, because one read takes about 15 µs: less than a round trip through the thread pool. */
function readProc(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
  } catch {
    // The process is gone.
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
