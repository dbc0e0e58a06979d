import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ensurePrograms, isTestProgram } from '../machine/programs.ts';
import { readTestEnvironment } from './environment.ts';
import { findBroker } from './find-broker.ts';

/**
 * Runs a command with a RabbitMQ, and with the programs that are named: `main.ts ffmpeg chromium -- npx vitest run`. The
 * command finds the broker by `LEVERET_TEST_AMQP_URL` and `LEVERET_TEST_RABBITMQ_API`; when it ends, or this process is told
 * to, the broker goes too. Ends as the command did. What cannot be had is said, and the command run all the same; but where
 * `CI=true` that is a failure.
 */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function missing(what: string): void {
  say(`SKIPPED: every test that needs ${what}.`);
  if (environment.isCi) process.exit(1);
}

const separator = process.argv.indexOf('--');
const [program, ...args] = process.argv.slice(separator + 1);
if (separator < 0 || program === undefined)
  throw new TypeError('usage: main.ts [program …] -- command [arguments]');
const environment = readTestEnvironment();
const programs = process.argv.slice(2, separator).filter(isTestProgram);
for (const name of await ensurePrograms(programs, { mayInstall: environment.mayInstall, say })) missing(name);
const broker = await findBroker(environment, say);
if (broker === undefined) missing('RabbitMQ');
else say(`RabbitMQ: ${broker.origin}`);

const child = spawn(program, args, {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(broker === undefined
      ? {}
      : { LEVERET_TEST_AMQP_URL: broker.amqpUrl, LEVERET_TEST_RABBITMQ_API: broker.apiUrl }),
  },
});
// The terminal tells the command too; what comes from elsewhere is passed on.
for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
const code = await new Promise<number>((resolve) => {
  child.once('error', (error) => {
    say(error.message);
    resolve(1);
  });
  child.once('exit', (exitCode, signal) =>
    resolve(exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal])),
  );
});
await broker?.stop();
process.exit(code);
