import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from '../apps/standalone/install.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs Node with `args` in the root of the project, below a title if there is one; from the title on, signals are passed on. `program` is the
 * Node that runs it, and `env` its environment, both by default those of this process.
 * Resolves with the exit code, once it has ended: over 128 ({@link isInterrupted}) when somebody wanted an end, however it ended.
 */
export function runNode(args, title, { program = process.execPath, env = process.env } = {}) {
  let received;
  const pass = (signal) => {
    received = signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  if (title !== undefined) process.stdout.write(`\n== ${title}\n`);
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', env });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (code) => {
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
