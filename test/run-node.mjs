import { spawn } from 'node:child_process';
import { root } from '../apps/standalone/install.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs Node with `args` in the root of the project; signals are passed on. Resolves with the exit code, once it has ended. */
export function runNode(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const pass = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (code) => {
      for (const signal of SIGNALS) process.off(signal, pass);
      resolve(code ?? 1);
    });
  });
}

/** The arguments of Node that run `args` beside a RabbitMQ that is found or started, and with the programs of tests that are named. */
export function withBroker(args, programs = []) {
  const launcher = ['--conditions=@leveret/source', '--import', 'tsx', 'libs/testing/src/rabbitmq/main.ts'];
  return [...launcher, ...programs, '--', process.execPath, ...args];
}
