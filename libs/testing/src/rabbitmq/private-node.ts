import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireServer } from './server.ts';
import type { TestBroker } from './test-broker.ts';

/** What the nodes of tests know each other by. */
export const COOKIE = 'LEVERETTESTS';
const START_MS = 90_000;
const LOOK_EVERY_MS = 200;
const STOP_MS = 20_000;

/**
 * Starts a node of its own: own data, ports, cookie and epmd, as any user, with the management plugin. It ends with this
 * process, whatever ends that.
 *
 * @param settings Further lines of its configuration; they win.
 * @throws {Error} when no server is installed, or it does not come up within 90 s, with the end of its log.
 */
export async function startPrivateNode(settings: readonly string[] = []): Promise<TestBroker> {
  const server = requireServer();
  const folder = await mkdtemp(join(tmpdir(), 'leveret-rabbitmq-'));
  const ports = await freePorts(4);
  const [amqp = 0, dist = 0, api = 0, epmd = 0] = ports;
  await layOut(folder, { amqp, api, settings });
  const env = environmentOf(folder, { dist, epmd });
  const log = openSync(join(folder, 'output'), 'a');
  const node = spawn(process.execPath, ['-e', WATCHDOG, JSON.stringify(server)], {
    env: { ...env, PATH: process.env['PATH'] },
    stdio: ['pipe', log, log],
    detached: true,
  });
  const stop = createStop(node, folder);
  const broker = {
    amqpUrl: `amqp://guest:guest@127.0.0.1:${amqp}`,
    apiUrl: `http://guest:guest@127.0.0.1:${api}`,
    origin: `a private node of ${server.origin}`,
    stop,
  };
  try {
    await untilUp(broker, node);
  } catch (error) {
    const output = await readFile(join(folder, 'output'), 'utf8');
    await stop();
    throw new Error(`RabbitMQ did not start: ${String(error)}\n${output.slice(-2_000)}`, { cause: error });
  }
  return broker;
}

/**
 * Runs the server in a session of its own and ends it, by its pid, when standard input closes: then the tests are over, or
 * were killed. The data folder goes with it.
 */
const WATCHDOG = `
const { spawn } = require('node:child_process');
const { rmSync } = require('node:fs');
const { serverCommand: [program, ...args], epmdCommand: [mapper, ...first] } = JSON.parse(process.argv[1]);
const server = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
process.stdin.resume().on('end', () => server.kill('SIGTERM'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill('SIGTERM'));
server.on('error', (error) => { console.error(error.message); process.exit(1); });
server.on('exit', (code) => {
  const epmd = spawn(mapper, [...first, '-port', process.env.ERL_EPMD_PORT, '-kill'], { stdio: 'ignore' });
  const end = () => { rmSync(process.env.LEVERET_NODE_FOLDER, { recursive: true, force: true }); process.exit(code ?? 1); };
  epmd.on('error', end).on('exit', end);
});
`;

/** Makes the files of a node below its folder. */
export async function layOut(
  folder: string,
  {
    amqp,
    api,
    settings,
  }: { readonly amqp: number; readonly api: number; readonly settings: readonly string[] },
): Promise<void> {
  for (const name of ['home', 'data', 'log', 'generated']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'home', '.erlang.cookie'), COOKIE, { mode: 0o400 });
  await writeFile(join(folder, 'plugins'), '[rabbitmq_management].');
  await writeFile(join(folder, 'no-env.conf'), '');
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${amqp}`,
    'loopback_users = none',
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${api}`,
    'log.file.level = warning',
    'disk_free_limit.absolute = 200MB',
    'vm_memory_high_watermark.absolute = 1GB',
    'collect_statistics_interval = 1000',
    ...settings,
  ];
  await writeFile(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
}

/** The environment of a node, and of `rabbitmqctl` for it. */
export function environmentOf(
  folder: string,
  { dist, epmd }: { readonly dist: number; readonly epmd: number },
): Record<string, string> {
  return {
    HOME: join(folder, 'home'),
    LANG: 'C.UTF-8',
    LEVERET_NODE_FOLDER: folder,
    RABBITMQ_NODENAME: `leveret${dist}@localhost`,
    RABBITMQ_DIST_PORT: String(dist),
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_CONF_ENV_FILE: join(folder, 'no-env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'generated'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    // Short naps in place of spinning: tests share their processors with the node.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      '+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}',
    ERL_CRASH_DUMP: '/dev/null',
  };
}

function createStop(node: ChildProcess, folder: string): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    if (node.exitCode !== null || node.signalCode !== null) return;
    const gone = once(node, 'exit');
    node.stdin?.end();
    const late = setTimeout(() => killGroup(node), STOP_MS);
    await gone;
    clearTimeout(late);
    await rm(folder, { recursive: true, force: true });
  };
  return () => {
    stopping ??= stop();
    return stopping;
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}

/**
 * Resolves when the node serves. The management API may be there before the node takes clients: it tells whether that has begun.
 *
 * @throws {Error} when it ends before, or takes longer than 90 s.
 */
export async function untilUp(
  { apiUrl, amqpUrl }: Pick<TestBroker, 'apiUrl' | 'amqpUrl'>,
  node: ChildProcess,
): Promise<void> {
  const { username, password, origin } = new URL(apiUrl);
  const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  for (const giveUpAt = Date.now() + START_MS; Date.now() < giveUpAt; ) {
    if (node.exitCode !== null) throw new Error(`the server ended with ${node.exitCode}`);
    const isUp = await fetch(`${origin}/api/health/checks/port-listener/${new URL(amqpUrl).port}`, {
      headers,
    }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(`not up after ${START_MS / 1_000} s`);
}

/** Ports that nobody uses at the moment. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
