import { connect, type Socket } from 'node:net';
import { LeveretError, silentLogger } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { problemReplies } from '@leveret/http';
import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { type EventStream, openEventStream } from '../../fixtures/event-stream.ts';
import { ann } from '../../fixtures/serve-admin.ts';
import { type GuardOptions, guard } from '../access/guard.ts';
import type { Principal } from '../access/principal.ts';
import type { Follower } from './follower.ts';
import { createFollowers } from './followers.ts';

/** A server with one stream, on a clock that a test turns. */
async function serveStream() {
  const clock = createManualClock();
  const principal: { now: Principal | undefined; fault?: Error } = { now: ann };
  const access: GuardOptions = {
    async resolvePrincipal() {
      if (principal.fault !== undefined) throw principal.fault;
      return principal.now;
    },
  };
  const followers = createFollowers({
    access,
    limits: { perProcess: 3, perPrincipal: 2 },
    newest: () => 7,
    clock,
    logger: silentLogger,
  });
  const opened: Follower[] = [];
  const app = fastify();
  await app.register(problemReplies, { logger: silentLogger });
  await app.register(guard, access);
  app.get('/stream', { config: { rule: 'jobs:read' } }, async (request, reply) => {
    opened.push(followers.open(request, reply.header('x-own', 'kept')));
  });
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const open = () => openEventStream(`${url}/stream`);
  return { clock, principal, followers, opened, open, port: Number(new URL(url).port) };
}

/** Until this was received. */
async function expectText({ text }: EventStream, expected: string): Promise<void> {
  await expect.poll(text).toBe(expected);
}

test('a stream begins with when to come back, and has a heartbeat with the newest change number every 15 s', async () => {
  const { clock, open } = await serveStream();
  const stream = await open();
  await expectText(stream, 'retry: 2000\n\n');
  await clock.advance(15_000);
  await expectText(stream, 'retry: 2000\n\n:\nid: 7\n\n');
  await clock.advance(30_000);
  await expectText(stream, `retry: 2000\n\n${':\nid: 7\n\n'.repeat(3)}`);

  expect(stream.response.headers.get('x-own')).toBe('kept');
  expect(stream.messages.size()).toBe(0);
});

test.each([
  ['was revoked', undefined],
  ['may not see jobs any more', { ...ann, verbs: new Set<never>() }],
])('the stream of a principal that %s ends within 10 s', async (_name, now) => {
  const { clock, principal, open } = await serveStream();
  const stream = await open();
  await clock.advance(10_000);
  principal.now = now;
  await clock.advance(10_000);

  await stream.ended;
});

test('while principals cannot be looked up, streams go on', async () => {
  const { clock, principal, opened, open } = await serveStream();
  const stream = await open();
  principal.fault = new LeveretError('STORE_UNAVAILABLE', 'away');
  await clock.advance(14_000);
  opened[0]?.send('event: x\ndata: 1\n\n');

  expect(await stream.messages.next()).toEqual({ event: 'x', data: 1 });
});

test('when the last client has gone, nothing is scheduled any more', async () => {
  const { clock, opened, open } = await serveStream();
  const [stream] = await Promise.all([open()]);
  const gone = new Promise<void>((resolve) => opened[0]?.onGone(resolve));
  stream.close();
  await gone;
  await clock.advance(10_000);

  expect(clock.pending()).toBe(0);
});

test('streams end when they are closed, and one that is opened later ends immediately', async () => {
  const { followers, open } = await serveStream();
  const before = await open();
  followers.close();
  const after = await open();

  await Promise.all([before.ended, after.ended]);
});

/** A client that asks for the stream and reads nothing. */
async function openUnread(port: number, opened: readonly Follower[]): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.write('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n');
  socket.on('error', () => undefined);
  await expect.poll(() => opened.length).toBe(1);
  return socket;
}

/** Sends until the system takes no more, and so much further. */
async function fill(follower: Follower, chunk: string, isGone: () => boolean): Promise<void> {
  for (let sent = 0; sent < 2_000 && !isGone(); sent += 1) {
    follower.send(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a client that does not read is cut when too much waits for it', async () => {
  const { opened, port } = await serveStream();
  await openUnread(port, opened);
  const follower = opened[0] ?? expect.unreachable();
  let isGone = false;
  follower.onGone(() => {
    isGone = true;
  });
  await fill(follower, `: ${'x'.repeat(64_000)}\n\n`, () => isGone);

  expect(isGone).toBe(true);
});

test('a client that reads nothing for 10 s is cut, also when little waits for it', async () => {
  const { clock, opened, port } = await serveStream();
  await openUnread(port, opened);
  const follower = opened[0] ?? expect.unreachable();
  const gone = new Promise<void>((resolve) => follower.onGone(resolve));
  const others = clock.pending();
  // The timer of the cut is the sign that the system takes no more.
  await fill(follower, `: ${'x'.repeat(20_000)}\n\n`, () => clock.pending() > others);
  await clock.advance(10_000);

  await gone;
});

test('a stream ends when the login of a host application throws an error of its own', async () => {
  const { clock, principal, open } = await serveStream();
  const stream = await open();
  principal.fault = new Error('the token has expired');
  await clock.advance(10_000);

  await stream.ended;
});

test('a follower that reads is not cut by one large message, nor by one after it', async () => {
  const { opened, open } = await serveStream();
  const stream = await open();
  await expectText(stream, 'retry: 2000\n\n');
  const large = `data: ${'x'.repeat(400_000)}\n\n`;

  opened[0]?.send(large);
  await expect.poll(() => stream.text().length).toBeGreaterThan(400_000);
  opened[0]?.send('data: y\n\n');

  await expect.poll(() => stream.text().endsWith('data: y\n\n')).toBe(true);
});

test('streams beyond the limits are refused with when to try again, and one that was closed makes room', async () => {
  const { principal, opened, open } = await serveStream();
  const [first] = [await open(), await open()];
  const limited = await open();
  principal.now = { ...ann, name: 'bob' };
  await open();
  const exhausted = await open();
  const gone = new Promise<void>((resolve) => opened[0]?.onGone(resolve));
  first.close();
  await gone;
  const after = await open();

  await Promise.all([limited.ended, exhausted.ended]);
  const answers = [limited, exhausted].map(({ response }) => response);
  expect(answers.map(({ status }) => status)).toEqual([429, 503]);
  expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['5', '5']);
  expect(limited.text()).toContain('"code":"STREAMS_LIMITED"');
  expect(exhausted.text()).toContain('"code":"STREAMS_EXHAUSTED"');
  expect(after.response.status).toBe(200);
});
