import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A server that answers with what it is told. */
async function startEcho() {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted,
    async [Symbol.asyncDispose]() {
      for (const socket of accepted) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function connectTo(proxy: TcpProxy): Promise<Socket> {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
}

/** What comes back of `text` before the connection ends. */
async function lastWords(socket: Socket, text: string): Promise<string> {
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    answer += ` ${error.code}`;
  });
  socket.write(text);
  await closed;
  return answer;
}

test('a forsaken client is not told that its server is gone, and whoever connects later is served', async () => {
  await using server = await startEcho();
  await using proxy = await startTcpProxy(server.url);
  const forsaken = await connectTo(proxy);
  expect(await echo(forsaken, 'before')).toBe('before');

  proxy.forsake();
  await once(server.accepted[0] as Socket, 'close');
  forsaken.write('into the void');
  const later = await connectTo(proxy);

  expect(await echo(later, 'after')).toBe('after');
  expect({ destroyed: forsaken.destroyed, ended: forsaken.readableEnded }).toEqual({
    destroyed: false,
    ended: false,
  });
  expect(proxy.connectionCount()).toBe(2);
});

test('connections are reset after so many bytes of answers, those that are open and those to come, until told otherwise', async () => {
  await using server = await startEcho();
  await using proxy = await startTcpProxy(server.url);
  const open = await connectTo(proxy);

  proxy.resetAfter(5);
  expect(await echo(open, '123')).toBe('123');
  const cutShort = [await lastWords(open, '4567'), await lastWords(await connectTo(proxy), '123456')];
  proxy.resetAfter(undefined);
  const spared = await connectTo(proxy);

  expect(cutShort).toEqual(['45 ECONNRESET', '12345 ECONNRESET']);
  expect(await echo(spared, '123456')).toBe('123456');
});

test('answers can be made to come late, in order', async () => {
  await using server = await startEcho();
  await using proxy = await startTcpProxy(server.url);
  const socket = await connectTo(proxy);

  proxy.delayAnswers(300);
  const since = performance.now();
  const answer = await echo(socket, 'late');

  expect(answer).toBe('late');
  expect(performance.now() - since).toBeGreaterThanOrEqual(290);
});
