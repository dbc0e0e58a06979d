import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';

/** A program that never outlives this process. */
export interface KeptProcess {
  readonly process: ChildProcess;
  /** `kill -9` of the program and what it started; resolves when they are gone. Does nothing when they are. */
  kill(): Promise<void>;
}

/** How a program is kept. */
export interface KeptProcessOptions {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** File that takes its output. */
  readonly logFile: string;
  /** A folder that is removed when this process has ended first, a second later: what is in it may be in use until then. */
  readonly folder?: string;
}

/** Starts a program in a session of its own. It is killed, with what it started, when this process ends, whatever ends that. */
export function startKeptProcess({ command, env, logFile, folder = '' }: KeptProcessOptions): KeptProcess {
  const log = openSync(logFile, 'a');
  const process = spawn(globalThis.process.execPath, ['-e', KEEPER, ...command], {
    env: { PATH: globalThis.process.env['PATH'], ...env, LEVERET_KEPT_FOLDER: folder },
    stdio: ['pipe', log, log],
    detached: true,
  });
  const gone = once(process, 'exit');
  return {
    process,
    async kill() {
      if (process.exitCode === null && process.signalCode === null && process.pid !== undefined)
        globalThis.process.kill(-process.pid, 'SIGKILL');
      await gone;
    },
  };
}

/** Leads the session, and ends it when standard input closes: then whoever started it is gone. */
const KEEPER = `
const { spawn } = require('node:child_process');
const { rmSync } = require('node:fs');
const [program, ...args] = process.argv.slice(1);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('error', (error) => { console.error(error.message); process.exit(1); });
child.on('exit', (code) => process.exit(code ?? 1));
const folder = process.env.LEVERET_KEPT_FOLDER;
const end = () => process.kill(-process.pid, 'SIGKILL');
const removeAndEnd = () => { try { rmSync(folder, { recursive: true, force: true, maxRetries: 5 }); } finally { end(); } };
process.stdin.resume().on('end', () => folder ? setTimeout(removeAndEnd, 1000) : end());
`;
