import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, systemClock, systemRandom } from '@leveret/core';
import { type ClusterNode, createClusterNode, nodeName } from './cluster-node.ts';
import { type KeptProcess, startKeptProcess } from './kept-process.ts';
import { createManagement } from './management.ts';
import { COOKIE, freePorts } from './private-node.ts';
import { type RabbitmqServer, requireServer } from './server.ts';

const NODE_COUNT = 3;

/** Three nodes that tests may do anything to. A partition pauses the minority. */
export interface TestCluster {
  readonly nodes: readonly ClusterNode[];
  /** Makes a virtual host; returns its URL at each node, in the order of `nodes`. */
  openVhost(): Promise<ClusterVhost>;
  /** Cuts the link between a node and the others, at once and until `heal`; clients still reach all of them. */
  isolate(node: ClusterNode): Promise<void>;
  /** Ends `isolate`; the nodes find each other again by themselves. */
  heal(node: ClusterNode): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A virtual host of a cluster. */
export interface ClusterVhost {
  /** Its URL at each node. */
  readonly urls: readonly string[];
  /** The node that leads a quorum queue. @throws {Error} when there is no such queue, or no node that says so. */
  leaderOf(queueName: string): Promise<ClusterNode>;
}

/**
 * Starts a cluster of three nodes on the loopback interface, as any user: own data, ports, cookie and epmd. It ends with this
 * process, whatever ends that.
 *
 * @throws {Error} when no server is installed, or it does not come up within 90 s.
 */
export async function startCluster(): Promise<TestCluster> {
  const server = requireServer();
  const folder = await mkdtemp(join(tmpdir(), 'leveret-cluster-'));
  const [epmd = 0, ...ports] = await freePorts(1 + 3 * NODE_COUNT);
  const portMapper = startPortMapper(server, epmd, folder);
  const nodes = await layOutNodes({ server, folder, epmd, ports });
  const end = async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await portMapper.kill();
    await rm(folder, { recursive: true, force: true });
  };
  for (const node of nodes) node.start();
  try {
    await Promise.all(nodes.map((node) => node.untilUp()));
  } catch (error) {
    await end();
    throw error;
  }
  return {
    nodes,
    openVhost: () => openVhost(nodes),
    isolate: (node) => link(node, { nodes, cookie: 'WRONG' }),
    heal: (node) => link(node, { nodes, cookie: COOKIE }),
    [Symbol.asyncDispose]: end,
  };
}

/** The Erlang port mapper of this cluster alone: the first node would start one that outlives all of them. */
function startPortMapper({ epmdCommand }: RabbitmqServer, port: number, folder: string): KeptProcess {
  const command = [...epmdCommand, '-port', String(port), '-address', '127.0.0.1'] as const;
  return startKeptProcess({ command, env: {}, logFile: join(folder, 'epmd'), folder });
}

interface Layout {
  readonly server: RabbitmqServer;
  readonly folder: string;
  readonly epmd: number;
  /** Three for each node. */
  readonly ports: readonly number[];
}

async function layOutNodes({ server, folder, epmd, ports }: Layout): Promise<readonly ClusterNode[]> {
  const portsOfNodes = Array.from({ length: NODE_COUNT }, (_, index) => {
    const [amqp = 0, dist = 0, api = 0] = ports.slice(3 * index);
    return { amqp, dist, api };
  });
  const names = portsOfNodes.map(({ dist }) => nodeName(dist));
  return await Promise.all(
    portsOfNodes.map((own, index) =>
      createClusterNode({ server, folder: join(folder, `node${index}`), ports: own, epmd, names }),
    ),
  );
}

async function openVhost(nodes: readonly ClusterNode[]): Promise<ClusterVhost> {
  const name = `test-${newId(systemClock, systemRandom)}`;
  const [first] = nodes;
  if (first !== undefined) await createManagement(first.apiUrl).createVhost(name);
  return {
    urls: nodes.map(({ amqpUrl }) => `${amqpUrl}/${name}`),
    async leaderOf(queueName) {
      const leaders = await Promise.allSettled(
        nodes.map(({ apiUrl }) => createManagement(apiUrl).leaderOf(name, queueName)),
      );
      const leader = leaders.find((answer) => answer.status === 'fulfilled')?.value;
      const node = nodes.find((candidate) => candidate.name === leader);
      if (node === undefined) throw new Error(`nobody knows who leads ${queueName}`);
      return node;
    },
  };
}

/** A node that shows another one a cookie of its own is refused by it, and cannot get through to it either. */
async function link(
  node: ClusterNode,
  { nodes, cookie }: { readonly nodes: readonly ClusterNode[]; readonly cookie: string },
): Promise<void> {
  const others = nodes.filter((other) => other !== node).map(({ name }) => `'${name}'`);
  await node.ctl(
    'eval',
    `[begin erlang:set_cookie(Node, '${cookie}'), erlang:disconnect_node(Node) end || Node <- [${others.join(', ')}]].`,
  );
}
