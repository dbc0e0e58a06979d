import { existsSync } from 'node:fs';

/** What a pooled child process may use; without these, what its parent may. */
export interface ChildLimits {
  /** Resident memory that it and everything it starts may use, in bytes. Node with sharp starts with 100 MB. */
  readonly memoryBytes: number;
}

const SETPRIV = '/usr/bin/setpriv';
const PRLIMIT = '/usr/bin/prlimit';
/** Files a child may have open. */
const MAX_OPEN_FILES = 256;
/** Largest file a child may write, in bytes. */
const MAX_FILE_BYTES = 268_435_456;
/** Part of the memory that the objects of JavaScript may use: V8 collects garbage harder before it reaches that. */
const HEAP_SHARE = 0.75;

const LIMITING = [PRLIMIT, '--core=0', `--nofile=${MAX_OPEN_FILES}`, `--fsize=${MAX_FILE_BYTES}`, '--'];

/** Options of Node that decide how modules are found and loaded: a child must load the same handlers as its parent. */
const LOADING = new Set([
  '-C',
  '--conditions',
  '--import',
  '-r',
  '--require',
  '--loader',
  '--experimental-loader',
]);

/** How a child is started. */
export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Whether the operating system holds it to its limits of files. */
  readonly limited: boolean;
}

/**
 * The command line of a child: Node, behind util-linux's `setpriv` (it dies with its parent, and gains no rights) and
 * `prlimit` (it is held to its limits of files) where they exist, which is on any Linux. No limit of the system is set for memory: those
 * count what a process reserves, and V8 reserves far more than it uses. The parent watches the memory instead.
 */
export function childCommand(entry: string, limits: ChildLimits | undefined): ChildCommand {
  const heap = limits === undefined ? [] : [`--max-old-space-size=${heapMebibytes(limits)}`];
  const node = [process.execPath, ...inheritedArgs(process.execArgv), ...heap, entry];
  if (!existsSync(SETPRIV) || !existsSync(PRLIMIT))
    return { command: process.execPath, args: node.slice(1), limited: false };
  return {
    command: SETPRIV,
    args: ['--pdeathsig', 'KILL', '--no-new-privs', '--', ...(limits === undefined ? [] : LIMITING), ...node],
    limited: true,
  };
}

function heapMebibytes({ memoryBytes }: ChildLimits): number {
  return Math.floor((memoryBytes * HEAP_SHARE) / 1_048_576);
}

/** What of the parent's own options a child is given: never its script (`-e`), nor its debugger's port (`--inspect`). */
export function inheritedArgs(execArgv: readonly string[]): readonly string[] {
  const inherited: string[] = [];
  for (const [index, arg] of execArgv.entries()) {
    const [name = ''] = arg.split('=', 1);
    if (!LOADING.has(name)) continue;
    const value = arg === name ? execArgv.slice(index + 1, index + 2) : [];
    inherited.push(arg, ...value);
  }
  return inherited;
}
