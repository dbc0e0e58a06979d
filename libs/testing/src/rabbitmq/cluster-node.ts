import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type KeptProcess, startKeptProcess } from './kept-process.ts';
import { environmentOf, layOut, untilUp } from './private-node.ts';
import type { RabbitmqServer } from './server.ts';

const run = promisify(execFile);

/**
 * As our own documentation wants it: what was on its way from one quorum queue to another when a node died is sent again after this
 * time. Without it, that takes three minutes, and nothing passes until then.
 */
const ADVANCED_SETTINGS = '[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 10000}]}].';

/** Ports of a node, on the loopback interface. */
export interface NodePorts {
  readonly amqp: number;
  readonly dist: number;
  readonly api: number;
}

/** One node of a cluster, running or not. */
export interface ClusterNode {
  /** Its name among the nodes. */
  readonly name: string;
  /** Without a virtual host. */
  readonly amqpUrl: string;
  /** Management API, credentials included. */
  readonly apiUrl: string;
  /** Starts it, again if need be, without waiting until it is up. */
  start(): void;
  /** Resolves when it serves. @throws {Error} when it does not within 90 s. */
  untilUp(): Promise<void>;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** What `rabbitmqctl` answers. @throws {Error} when it fails. */
  ctl(...args: readonly string[]): Promise<string>;
}

/** What a node is made of. */
export interface ClusterNodeOptions {
  readonly server: RabbitmqServer;
  /** Of its own; made here. */
  readonly folder: string;
  readonly ports: NodePorts;
  /** Port of the cluster's epmd. */
  readonly epmd: number;
  /** Names of all nodes, in the same order for each. */
  readonly names: readonly string[];
}

/** The name of the node with this distribution port. */
export function nodeName(dist: number): string {
  return `leveret${dist}@localhost`;
}

/** Lays out a node that forms a cluster with those named as soon as it is started. */
export async function createClusterNode(options: ClusterNodeOptions): Promise<ClusterNode> {
  const { server, folder, ports, epmd, names } = options;
  await mkdir(folder);
  await layOut(folder, { ...ports, settings: clusterSettings(names) });
  await writeFile(join(folder, 'advanced.config'), ADVANCED_SETTINGS);
  const env = environmentOf(folder, { dist: ports.dist, epmd });
  const urls = {
    amqpUrl: `amqp://guest:guest@127.0.0.1:${ports.amqp}`,
    apiUrl: `http://guest:guest@127.0.0.1:${ports.api}`,
  };
  let running: KeptProcess | undefined;
  return {
    name: nodeName(ports.dist),
    ...urls,
    start() {
      running = startKeptProcess({ command: server.serverCommand, env, logFile: join(folder, 'output') });
    },
    async untilUp() {
      if (running === undefined) throw new Error('the node was never started');
      await untilUp(urls, running.process);
    },
    kill: async () => await running?.kill(),
    async ctl(...args) {
      const [program, ...first] = server.ctlCommand;
      const { stdout } = await run(program, [...first, '--quiet', ...args], {
        env: { PATH: process.env['PATH'], ...env },
      });
      return stdout.trim();
    },
  };
}

function clusterSettings(names: readonly string[]): readonly string[] {
  return [
    'cluster_formation.peer_discovery_backend = classic_config',
    ...names.map((name, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${name}`),
    'cluster_partition_handling = pause_minority',
  ];
}
