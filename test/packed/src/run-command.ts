import { execFile } from 'node:child_process';

/** How long a command may take, in milliseconds. */
const DEADLINE_MS = 170_000;
/** Settings of whoever started the tests that say nothing about the machine: they stay out. */
const NOT_OURS =
  /^(npm_(package|lifecycle|config_local_prefix|command)|INIT_CWD|NODE_(OPTIONS|ENV|PATH)|VITEST)/;

/** How a command ended. */
export interface CommandReport {
  /** Its exit code; -1 when it was killed. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a command runs. */
export interface CommandOptions {
  readonly cwd: string;
  /** Environment besides that of the machine. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. Never rejects: how it ended is in the report. */
export function runCommand(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: CommandOptions,
): Promise<CommandReport> {
  const machine = Object.entries(process.env).filter(([name]) => !NOT_OURS.test(name));
  const options = { cwd, env: { ...Object.fromEntries(machine), ...env }, timeout: DEADLINE_MS };
  return new Promise((resolve) => {
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      const failed = error !== null && child.exitCode === null;
      resolve({ code: failed ? -1 : (child.exitCode ?? 0), stdout, stderr });
    });
  });
}

/** Runs a program to its end. @returns What it printed. @throws {Error} with all that it said, when it failed. */
export async function runOrThrow(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { code, stdout, stderr } = await runCommand(program, args, options);
  if (code === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
}
