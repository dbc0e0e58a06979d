import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { systemClock } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { connectAmqp } from './amqp.ts';
import { toConnectError } from './amqp-errors.ts';

/** Frames of a broker's side of the handshake, on channel 0. */
function frame(classId: number, methodId: number, fields: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(4 + fields.length, 3);
  head.writeUInt16BE(classId, 7);
  head.writeUInt16BE(methodId, 9);
  return Buffer.concat([head, fields, Buffer.of(0xce)]);
}

function longText(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
}

const NO_FIELDS = Buffer.alloc(4);
const START = frame(
  10,
  10,
  Buffer.concat([Buffer.of(0, 9), NO_FIELDS, longText('PLAIN'), longText('en_US')]),
);
const TUNE = frame(10, 30, Buffer.of(0, 0, 0, 2, 0, 0, 0, 1));
const OPEN_OK = frame(10, 41, shortText(''));
const CLOSE = frame(
  10,
  50,
  Buffer.concat([Buffer.of(1, 0x40), shortText('CONNECTION_FORCED - shutdown'), Buffer.alloc(4)]),
);

/** A server that answers each chunk it is sent with the next of `answers`, when `mayAnswer` allows. */
async function startServer(answers: readonly Buffer[], mayAnswer: (step: number) => Promise<void>) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let step = 0;
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', () => {
      const answer = answers[step];
      step += 1;
      if (answer !== undefined)
        mayAnswer(step).then(
          () => socket.write(answer),
          () => undefined,
        );
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `amqp://g:g@127.0.0.1:${(server.address() as AddressInfo).port}/`,
    socketCount: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a broker that closes the connection right behind its welcome was not connected to', async () => {
  await using server = await startServer([START, TUNE, Buffer.concat([OPEN_OK, CLOSE])], () =>
    Promise.resolve(),
  );

  await expect(connectAmqp(server.url, { name: 'x', clock: systemClock })).rejects.toMatchObject({
    code: 'BROKER_UNAVAILABLE',
  });
});

test('a handshake that ends after its deadline is of no use to anybody, and is ended', async () => {
  const clock = createManualClock();
  let welcome: () => void = () => undefined;
  const isDue = new Promise<void>((resolve) => {
    welcome = resolve;
  });
  await using server = await startServer([START, TUNE, OPEN_OK], (step) =>
    step < 3 ? Promise.resolve() : isDue,
  );

  const connecting = connectAmqp(server.url, { name: 'x', clock });
  connecting.catch(() => undefined);
  await clock.advance(5_000);
  await expect(connecting).rejects.toThrow(
    new RegExp(`^${server.url.replace('g:g@', '')}: the broker did not answer within 5 s$`),
  );
  welcome();
  // The server closes nothing: the client does, and within its own deadline for closing.
  await expect.poll(() => server.socketCount(), { timeout: 5_000 }).toBe(1);
  await expect
    .poll(
      async () => {
        await clock.advance(2_000);
        return server.socketCount();
      },
      { timeout: 5_000 },
    )
    .toBe(0);
});

test('a refused virtual host is a refusal, and says what to look at', () => {
  const error = toConnectError(
    new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>'),
    'amqp://host/none',
  );

  expect(error.code).toBe('BROKER_REFUSED');
  expect(error.message).toBe(
    'amqp://host/none: the broker refused the virtual host: does it exist, and may this user access it?',
  );
});
