import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** How an application is started. */
export interface AppProcessOptions {
  /** Path of the entry below the root of the project, such as `apps/api/dist/main.js`. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Environment besides PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a process ended. */
export interface ExitReport {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs in a process of its own, as in production. */
export interface AppProcess {
  readonly pid: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Resolves with the first match of `pattern` in its output, past or future. @throws {Error} when it ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  readonly exited: Promise<ExitReport>;
  /** Ends it at once if it still runs. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Root of the project, with a slash at its end. */
export const projectRoot: string = fileURLToPath(new URL('../../../../', import.meta.url));

/** Starts an application: Node with one of the project's compiled entries. */
export function startApp({ entry, args = [], env = {}, cwd = projectRoot }: AppProcessOptions): AppProcess {
  const { PATH = '', HOME = '' } = process.env;
  const command = [process.execPath, `${projectRoot}${entry}`, ...args] as const;
  return startProcess({ command, env: { PATH, HOME, ...env }, cwd });
}

/** How a program is started. */
export interface ProcessOptions {
  /** The program, and what it is told. */
  readonly command: readonly [string, ...string[]];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Starts a program. */
export function startProcess({ command, env, cwd }: ProcessOptions): AppProcess {
  const [program, ...args] = command;
  const child: ChildProcess = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  const exited = once(child, 'close').then(([code, signal]) => {
    for (const listener of listeners) listener();
    return { code, signal } as ExitReport;
  });
  const ended = () => child.exitCode !== null || child.signalCode !== null;

  return {
    pid: child.pid ?? -1,
    output: () => output,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match === null && !ended()) return;
          listeners.delete(look);
          if (match === null)
            reject(new Error(`${command.join(' ')} ended without saying ${pattern}:\n${output}`));
          else resolve(match);
        };
        listeners.add(look);
        look();
      }),
    signal: (name) => {
      child.kill(name);
    },
    exited,
    async [Symbol.asyncDispose]() {
      if (!ended()) child.kill('SIGKILL');
      await exited;
    },
  };
}
