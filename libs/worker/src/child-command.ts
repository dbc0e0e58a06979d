import { existsSync } from 'node:fs';

/** What a pooled child process may use. */
export interface ChildLimits {
  /** Memory it may allocate, in bytes (RLIMIT_DATA); Node with sharp starts with 200 MB. */
  readonly memoryBytes: number;
}

const SETPRIV = '/usr/bin/setpriv';
const PRLIMIT = '/usr/bin/prlimit';
/** Files a child may have open. */
const MAX_OPEN_FILES = 256;
/** Largest file a child may write, in bytes. */
const MAX_FILE_BYTES = 268_435_456;

/** How a child is started. */
export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Whether the operating system holds it to its limits. */
  readonly limited: boolean;
}

/**
 * The command line of a child: Node, behind util-linux's `setpriv` (it dies with its parent, and gains no rights) and
 * `prlimit` (it is held to its limits) where they exist, which is on any Linux.
 */
export function childCommand(entry: string, limits: ChildLimits): ChildCommand {
  const node = [process.execPath, ...process.execArgv, entry];
  if (!existsSync(SETPRIV) || !existsSync(PRLIMIT))
    return { command: process.execPath, args: node.slice(1), limited: false };
  return {
    command: SETPRIV,
    args: [
      '--pdeathsig',
      'KILL',
      '--no-new-privs',
      '--',
      PRLIMIT,
      `--data=${limits.memoryBytes}`,
      '--core=0',
      `--nofile=${MAX_OPEN_FILES}`,
      `--fsize=${MAX_FILE_BYTES}`,
      '--',
      ...node,
    ],
    limited: true,
  };
}
