import { connect, type Socket } from 'node:net';
import type { AdminClient } from './admin-client.ts';

/** Connections that are opened at the same time. */
const AT_ONCE = 50;

/** Clients that follow something and read all that they are sent. */
export interface Followers extends AsyncDisposable {
  /** How many of them the server has not cut. */
  connectedCount(): number;
}

/** Opens so many live streams of the overview. Resolves when each of them has received its first overview. */
export async function openFollowers(admin: AdminClient, count: number): Promise<Followers> {
  const sockets: Socket[] = [];
  const closed = new Set<Socket>();
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const some = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - opened) }, () => follow(admin)),
    );
    for (const socket of some) socket.once('close', () => closed.add(socket));
    sockets.push(...some);
  }
  return {
    connectedCount: () => sockets.length - closed.size,
    async [Symbol.asyncDispose]() {
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise<void>((resolve) => {
              if (closed.has(socket)) return resolve();
              socket.once('close', () => resolve());
              socket.destroy();
            }),
        ),
      );
    },
  };
}

function follow({ url, headers }: AdminClient): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    [
      'GET /v1/admin/live/overview HTTP/1.1',
      `Host: ${host}`,
      `Cookie: ${headers['cookie']}`,
      'Accept: text/event-stream',
      '\r\n',
    ].join('\r\n'),
  );
  return new Promise((resolve, reject) => {
    let text = '';
    const look = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes('event: overview')) return;
      socket.off('data', look);
      // What comes from now on is read and forgotten.
      socket.resume();
      resolve(socket);
    };
    socket.on('data', look);
    socket.on('error', reject);
    socket.once('close', () => reject(new Error(`the server refused a follower: ${text.slice(0, 200)}`)));
  });
}
