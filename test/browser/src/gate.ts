import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The way to a server, with a turnpike: what a bad network does to an upload is done here. */
export interface Gate extends AsyncDisposable {
  /** Where browsers go instead of to the server. */
  readonly url: string;
  /** Lets so many bytes more pass to the server, over all connections, and then none. */
  stallAfter(bytes: number): void;
  /** Breaks every connection that is open, and from now on each that brings anything: browsers try twice. */
  cut(): void;
  /** Lets everything pass again. */
  release(): void;
}

/** Opens a way to the server at `url`. */
export async function openGate(url: string): Promise<Gate> {
  const { hostname, port } = new URL(url);
  const turnpike = createTurnpike();
  const open = new Set<Socket>();
  const gate = createServer((client) => {
    const server = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(socket);
      // What breaks one side breaks the other: that is all there is to say about it.
      socket.on('error', () => other.destroy());
      socket.on('close', () => open.delete(socket) && other.destroy());
    }
    client.pipe(server);
    server.pipe(client);
    turnpike.watch(client);
  });
  await listen(gate);
  const destroyAll = () => {
    for (const socket of open) socket.destroy();
  };

  return {
    url: `http://127.0.0.1:${portOf(gate)}`,
    stallAfter: turnpike.stallAfter,
    cut() {
      turnpike.breakAll();
      destroyAll();
    },
    release: turnpike.release,
    async [Symbol.asyncDispose]() {
      const closed = once(gate, 'close');
      gate.close();
      destroyAll();
      await closed;
    },
  };
}

/** Counts what connections bring, and holds them up, or breaks them, when it was enough. */
function createTurnpike() {
  const held = new Set<Socket>();
  let leftBytes = Number.POSITIVE_INFINITY;
  let isBreaking = false;

  return {
    stallAfter(bytes: number): void {
      leftBytes = bytes;
    },
    breakAll(): void {
      leftBytes = 0;
      isBreaking = true;
    },
    release(): void {
      leftBytes = Number.POSITIVE_INFINITY;
      isBreaking = false;
      for (const socket of held) socket.resume();
      held.clear();
    },
    watch(socket: Socket): void {
      socket.on('close', () => held.delete(socket));
      socket.on('data', (chunk: Buffer) => {
        leftBytes -= chunk.length;
        if (leftBytes > 0) return;
        if (isBreaking) socket.destroy();
        else held.add(socket.pause());
      });
    },
  };
}

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the gate does not listen');
  return address.port;
}
