import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from '../apps/standalone/install.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs Node with `args` in the root of the project, below a title if there is one; from the title on, signals are passed on. `program` is the
 * Node that runs it, and `env` its environment, both by default those of this process.
 * Its output is passed on at once, or, when something else runs beside it, after its end (`isAside`) unless it was interrupted.
 * Resolves with the exit code, once it has ended: over 128 ({@link isInterrupted}) when it was interrupted, however it ended.
 */
export function runNode(
  args,
  title,
  { program = process.execPath, env = process.env, isAside = false } = {},
) {
  let received;
  const pass = (signal) => {
    received = signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  const heading = title === undefined ? '' : `\n== ${title}\n`;
  if (!isAside) process.stdout.write(heading);
  const child = spawn(program, args, { cwd: root, stdio: isAside ? 'pipe' : 'inherit', env });
  const output = [heading];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    // Not at its exit: then output can still be on its way.
    child.once('close', (code) => {
      if (isAside && received === undefined) for (const part of output) process.stdout.write(part);
      for (const signal of SIGNALS) process.off(signal, pass);
      resolve(received === undefined ? (code ?? 1) : 128 + constants.signals[received]);
    });
  });
}

/** Whether an exit code says that the program was told to end: then nothing else is to begin. */
export function isInterrupted(code) {
  return code > 128;
}

/** The arguments of Node that run `args` beside a RabbitMQ that is found or started, and with the programs of tests that are named. */
export function withBroker(args, programs = []) {
  const launcher = ['--conditions=@leveret/source', '--import', 'tsx', 'libs/testing/src/rabbitmq/main.ts'];
  return [...launcher, ...programs, '--', process.execPath, ...args];
}
