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
  /** From now on each of the server's answers comes so much later, in milliseconds. */
  delayAnswers(delayMs: number): void;
  /** From now on nothing passes in either direction, until {@link TcpProxy.thaw}. */
  freeze(): void;
  /** Lets everything pass again, in order. */
  thaw(): void;
  /** Takes the server away from every connection, and tells no client: what they send is lost. */
  forsake(): void;
  /** From now on resets each connection, also those to come, after `bytes` more of the server's answers; with `undefined`, none. */
  resetAfter(bytes: number | undefined): void;
  /** Cuts every connection and takes no more. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long a client gets to read what came, in milliseconds, before its connection is reset: right behind it, a reset looks like an end. */
const READ_MS = 10;

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Whether the client is not to learn that the server is gone. */
  isForsaken: boolean;
  /** Bytes of answers until it is reset. */
  answersLeft: number | undefined;
}

/** What passes: everything, what the client sends, or nothing. */
type Passing = 'all' | 'requests' | 'nothing';

/** Starts a proxy on a free port of this machine in front of the server at `url`, of any protocol whose URLs name a port. */
export async function startTcpProxy(url: string): Promise<TcpProxy> {
  const target = new URL(url);
  const pairs = new Set<Pair>();
  let passing: Passing = 'all';
  let isRefusing = false;
  let allowance: number | undefined;
  let answerDelayMs = 0;

  const proxy = createServer((client) => {
    client.on('error', () => client.destroy());
    if (isRefusing) {
      client.destroy();
      return;
    }
    const pair: Pair = {
      client,
      server: connect(Number(target.port), target.hostname),
      isForsaken: false,
      answersLeft: allowance,
    };
    pairs.add(pair);
    forward(pair.client, pair.server);
    forwardAnswers(pair, (chunk) => {
      if (answerDelayMs === 0) client.write(chunk);
      else setTimeout(() => client.write(chunk), answerDelayMs);
    });
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
    delayAnswers(delayMs) {
      answerDelayMs = delayMs;
    },
    freeze: () => letPass('nothing'),
    thaw: () => letPass('all'),
    forsake() {
      for (const pair of pairs) {
        pair.isForsaken = true;
        pair.server.destroy();
      }
    },
    resetAfter(bytes) {
      allowance = bytes;
      for (const pair of pairs) pair.answersLeft = bytes;
    },
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

function forwardAnswers(pair: Pair, answer: (chunk: Buffer) => void): void {
  const { client, server } = pair;
  server.on('data', (chunk) => {
    if (pair.isForsaken) return;
    const left = pair.answersLeft;
    if (left === undefined || chunk.length < left) {
      answer(chunk);
      if (left !== undefined) pair.answersLeft = left - chunk.length;
      return;
    }
    pair.isForsaken = true;
    server.destroy();
    client.write(chunk.subarray(0, left), () => setTimeout(() => reset(client), READ_MS));
  });
  server.on('error', () => server.destroy());
  server.on('end', () => {
    if (!pair.isForsaken) client.end();
  });
  server.on('close', () => {
    if (!pair.isForsaken) client.destroySoon();
  });
}

/** Ends a connection by RST alone. `resetAndDestroy` would send FIN before, as if the peer had said goodbye. */
function reset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true }).destroy();
}
