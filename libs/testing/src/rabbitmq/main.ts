import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { readTestEnvironment } from './environment.ts';
import { findBroker } from './find-broker.ts';

/**
 * Runs a command with a RabbitMQ: `main.ts -- npx vitest run`. The command finds it by `LEVERET_TEST_AMQP_URL` and
 * `LEVERET_TEST_RABBITMQ_API`; when it ends, or this process is told to, the broker goes too. Ends as the command did; without
 * a broker it runs the command all the same, loudly, but fails where `CI=true`.
 */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const [program, ...args] = process.argv.slice(process.argv.indexOf('--') + 1);
if (program === undefined) throw new TypeError('usage: main.ts -- command [arguments]');
const environment = readTestEnvironment();
const broker = await findBroker(environment, say);
if (broker === undefined) {
  say('SKIPPED: every test that needs RabbitMQ.');
  if (environment.isCi) process.exit(1);
} else say(`RabbitMQ: ${broker.origin}`);

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
