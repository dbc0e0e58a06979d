import { existsSync } from 'node:fs';

/** What a pooled child process may use; without these, what its parent may. */
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
  /** Whether the operating system holds it to its limits. */
  readonly limited: boolean;
}

/**
 * The command line of a child: Node, behind util-linux's `setpriv` (it dies with its parent, and gains no rights) and
 * `prlimit` (it is held to its limits) where they exist, which is on any Linux.
 */
export function childCommand(entry: string, limits: ChildLimits | undefined): ChildCommand {
  const node = [process.execPath, ...inheritedArgs(process.execArgv), entry];
  if (!existsSync(SETPRIV) || !existsSync(PRLIMIT))
    return { command: process.execPath, args: node.slice(1), limited: false };
  return {
    command: SETPRIV,
    args: [
      '--pdeathsig',
      'KILL',
      '--no-new-privs',
      '--',
      ...(limits === undefined ? [] : limiting(limits)),
      ...node,
    ],
    limited: true,
  };
}

function limiting({ memoryBytes }: ChildLimits): readonly string[] {
  return [
    PRLIMIT,
    `--data=${memoryBytes}`,
    '--core=0',
    `--nofile=${MAX_OPEN_FILES}`,
    `--fsize=${MAX_FILE_BYTES}`,
    '--',
  ];
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
