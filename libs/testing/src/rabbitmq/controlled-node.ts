import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { environmentOf, freePorts, layOut, untilUp } from './private-node.ts';
import { type RabbitmqServer, requireServer } from './server.ts';

const START_MS = 90_000;
const LOOK_EVERY_MS = 20;

const run = promisify(execFile);

/** A RabbitMQ node that a test does harm to. Its ports and its data stay the same, however often it ends and is started again. */
export interface ControlledNode {
  /** Without a virtual host. */
  readonly amqpUrl: string;
  /** Management API, credentials included. */
  readonly apiUrl: string;
  /** Starts it again; resolves as soon as its AMQP port accepts. @throws {Error} when that takes longer than 90 s. */
  start(): Promise<void>;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** Has it end by itself; resolves when it is gone. */
  stopServer(): Promise<void>;
  /** Stops it in its tracks: its sockets stay open and nobody answers. */
  freeze(): Promise<void>;
  /** Has it go on. */
  thaw(): Promise<void>;
  /** What `rabbitmqctl` says to `args`. Takes a second or more. @throws {Error} when it fails. */
  control(...args: readonly string[]): Promise<string>;
  /** Ends it and removes its data. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a node of its own, as `startPrivateNode` does; it and its data are gone when this process ends, whatever ends that.
 *
 * @throws {Error} when no server is installed, or it does not come up within 90 s.
 */
export async function startControlledNode(): Promise<ControlledNode> {
  const server = requireServer();
  const folder = await mkdtemp(join(tmpdir(), 'leveret-rabbitmq-'));
  const [amqp = 0, dist = 0, api = 0, epmd = 0] = await freePorts(4);
  await layOut(folder, { amqp, api, settings: [] });
  const env = { PATH: process.env['PATH'], ...environmentOf(folder, { dist, epmd }) };
  const keeper = startKeeper(server, env, join(folder, 'output'));
  const apiUrl = `http://guest:guest@127.0.0.1:${api}`;
  const order = () => keeper.stdin?.write('start\n');

  async function signal(name: NodeJS.Signals): Promise<number> {
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    process.kill(pid, name);
    return pid;
  }

  const node: ControlledNode = {
    amqpUrl: `amqp://guest:guest@127.0.0.1:${amqp}`,
    apiUrl,
    async start() {
      order();
      await untilAccepting(amqp);
    },
    kill: async () => await untilGone(await signal('SIGKILL')),
    stopServer: async () => await untilGone(await signal('SIGTERM')),
    async freeze() {
      await signal('SIGSTOP');
    },
    async thaw() {
      await signal('SIGCONT');
    },
    async control(...args) {
      const [program, ...first] = server.ctlCommand;
      const { stdout } = await run(program, [...first, '--quiet', ...args], { env });
      return stdout.trim();
    },
    async [Symbol.asyncDispose]() {
      const gone = once(keeper, 'exit');
      keeper.stdin?.end();
      await gone;
    },
  };
  order();
  try {
    await untilUp(node, keeper);
  } catch (error) {
    await node[Symbol.asyncDispose]();
    throw error;
  }
  return node;
}

function startKeeper(server: RabbitmqServer, env: NodeJS.ProcessEnv, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  return spawn(process.execPath, ['-e', KEEPER, JSON.stringify(server)], {
    env,
    stdio: ['pipe', log, log],
    detached: true,
  });
}

/**
 * Starts the server for each line it reads. When standard input closes, the tests are over, or were killed: it kills what runs, also
 * what is frozen, and removes everything.
 */
const KEEPER = `
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { rmSync } = require('node:fs');
const { serverCommand: [program, ...args], epmdCommand: [mapper, ...first] } = JSON.parse(process.argv[1]);
let server;
process.stdin.on('data', () => {
  server = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
});
process.stdin.on('end', async () => {
  if (server !== undefined && server.exitCode === null && server.signalCode === null) {
    process.kill(-server.pid, 'SIGKILL');
    await once(server, 'exit');
  }
  // It refuses to go as long as it has not noticed that its node is gone.
  for (let time = 0; time < 50; time += 1)
    if (/Killed/.test(spawnSync(mapper, [...first, '-port', process.env.ERL_EPMD_PORT, '-kill']).stdout)) break;
  rmSync(process.env.LEVERET_NODE_FOLDER, { recursive: true, force: true, maxRetries: 5 });
});
`;

async function untilAccepting(port: number): Promise<void> {
  for (const giveUpAt = Date.now() + START_MS; Date.now() < giveUpAt; await pause()) {
    if (await isAccepting(port)) return;
  }
  throw new Error(`nobody listens on port ${port} after ${START_MS / 1_000} s`);
}

function isAccepting(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function untilGone(pid: number): Promise<void> {
  while (isRunning(pid)) await pause();
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}
