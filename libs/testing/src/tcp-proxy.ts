import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and its server, and does to their connections what networks do. */
export interface TcpProxy {
  /** The server's URL, led through this proxy. */
  readonly url: string;
  /** Connections that are open. */
  connectionCount(): number;
  /** Cuts every connection. */
  cut(): void;
  /** From now on nobody gets through; with `false`, everybody does again. */
  refuse(isRefusing: boolean): void;
  /** From now on the server's answers stay away, while it is told everything; they come with {@link TcpProxy.thaw}. */
  holdAnswers(): void;
  /** From now on nothing passes in either direction, until {@link TcpProxy.thaw}. */
  freeze(): void;
  /** Lets everything pass again, in order. */
  thaw(): void;
  /** Cuts every connection and takes no more. */
  [Symbol.asyncDispose](): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** What passes: everything, what the client sends, or nothing. */
type Passing = 'all' | 'requests' | 'nothing';

/** Starts a proxy on a free port of this machine in front of the server at `url`, of any protocol whose URLs name a port. */
export async function startTcpProxy(url: string): Promise<TcpProxy> {
  const target = new URL(url);
  const pairs = new Set<Pair>();
  let passing: Passing = 'all';
  let isRefusing = false;

  const proxy = createServer((client) => {
    client.on('error', () => client.destroy());
    if (isRefusing) {
      client.destroy();
      return;
    }
    const pair = { client, server: connect(Number(target.port), target.hostname) };
    pairs.add(pair);
    forward(pair.client, pair.server);
    forward(pair.server, pair.client);
    pair.client.on('close', () => pairs.delete(pair));
    regulate(pair);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String((proxy.address() as AddressInfo).port);

  function regulate({ client, server }: Pair): void {
    if (passing === 'nothing') client.pause();
    else client.resume();
    if (passing === 'all') server.resume();
    else server.pause();
  }

  function letPass(next: Passing): void {
    passing = next;
    for (const pair of pairs) regulate(pair);
  }

  function cut(): void {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
    pairs.clear();
  }

  return {
    url: own.href,
    connectionCount: () => pairs.size,
    cut,
    refuse(isToRefuse) {
      isRefusing = isToRefuse;
    },
    holdAnswers: () => letPass('requests'),
    freeze: () => letPass('nothing'),
    thaw: () => letPass('all'),
    async [Symbol.asyncDispose]() {
      isRefusing = true;
      cut();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

function forward(from: Socket, to: Socket): void {
  from.on('data', (chunk) => to.write(chunk));
  from.on('error', () => to.destroy());
  from.on('end', () => to.end());
  from.on('close', () => to.destroy());
}
