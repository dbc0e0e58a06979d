import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { systemClock } from '@leveret/core';
import { createManualClock } from '@leveret/core/testing';
import { expect, test } from 'vitest';
import { type AmqpConnection, connectAmqp } from './amqp.ts';
import { toConnectError } from './amqp-errors.ts';

/** Frames of a broker's side. */
function frame(classId: number, methodId: number, fields: Buffer, channel = 0): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(1, 0);
  head.writeUInt16BE(channel, 1);
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

/** The welcome of a broker that tells `properties` of itself. */
function start(properties: Readonly<Record<string, string>> = {}): Buffer {
  const fields = Object.entries(properties).map(([name, value]) =>
    Buffer.concat([shortText(name), Buffer.from('S'), longText(value)]),
  );
  const table = longText(Buffer.concat(fields).toString('latin1'));
  return frame(10, 10, Buffer.concat([Buffer.of(0, 9), table, longText('PLAIN'), longText('en_US')]));
}

const START = start();
const TUNE = frame(10, 30, Buffer.of(0, 0, 0, 2, 0, 0, 0, 1));
const OPEN_OK = frame(10, 41, shortText(''));
const CLOSE = frame(
  10,
  50,
  Buffer.concat([Buffer.of(1, 0x40), shortText('CONNECTION_FORCED - shutdown'), Buffer.alloc(4)]),
);

const CHANNEL_OPEN_OK = frame(20, 11, Buffer.alloc(4), 1);
const CHANNEL_CLOSE_OK = frame(20, 41, Buffer.alloc(0), 1);
const CONFIRM_SELECT_OK = frame(85, 11, Buffer.alloc(0), 1);

/** A server that answers each chunk it is sent with the next of `answers`, when `mayAnswer` allows. */
async function startServer(answers: readonly Buffer[], mayAnswer: (step: number) => Promise<void>) {
  const sockets = new Set<Socket>();
  let answeredCount = 0;
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
          () => {
            answeredCount += 1;
            socket.write(answer);
          },
          () => undefined,
        );
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `amqp://g:g@127.0.0.1:${(server.address() as AddressInfo).port}/`,
    socketCount: () => sockets.size,
    answeredCount: () => answeredCount,
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
  await expect.poll(() => server.socketCount()).toBe(1);
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

test.each(['3.9.29', '2.8.0'])(
  'RabbitMQ %s is refused: its version is named, and the one it takes',
  async (version) => {
    const welcome = start({ product: 'RabbitMQ', version });
    await using server = await startServer([welcome, TUNE, OPEN_OK], () => Promise.resolve());

    await expect(connectAmqp(server.url, { name: 'x', clock: systemClock })).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringContaining(`RabbitMQ ${version} is too old: Leveret needs 3.10.0 or later`),
    });
  },
);

test.each([
  { product: 'RabbitMQ', version: '3.10.0' },
  { product: 'RabbitMQ', version: '4.2.9' },
  { product: 'LavinMQ', version: '2.1.0' },
])('$product $version is taken, and its version known', async (properties) => {
  await using server = await startServer(
    [start(properties), TUNE, OPEN_OK, CHANNEL_OPEN_OK, CHANNEL_CLOSE_OK],
    () => Promise.resolve(),
  );

  const connection = await connectAmqp(server.url, { name: 'x', clock: systemClock });

  expect(connection.server.version).toBe(properties.version);
});

test.each([
  {
    kind: 'channel',
    open: (connection: AmqpConnection) => connection.openChannel(),
    answers: [Buffer.concat([CHANNEL_OPEN_OK, CLOSE])],
  },
  {
    kind: 'channel with confirms',
    open: (connection: AmqpConnection) => connection.openConfirmChannel(),
    answers: [CHANNEL_OPEN_OK, Buffer.concat([CONFIRM_SELECT_OK, CLOSE])],
  },
])(
  'a $kind whose connection is closed right behind its opening was not opened',
  async ({ open, answers }) => {
    const opened = [CHANNEL_OPEN_OK, CHANNEL_CLOSE_OK];
    await using server = await startServer([START, TUNE, OPEN_OK, ...opened, ...answers], () =>
      Promise.resolve(),
    );
    const connection = await connectAmqp(server.url, { name: 'x', clock: systemClock });

    await expect(open(connection)).rejects.toMatchObject({
      code: 'BROKER_UNAVAILABLE',
      message: expect.stringContaining('CONNECTION_FORCED'),
    });
  },
);

test('when nothing is answered on one channel and then on another, their connection is given up', async () => {
  const clock = createManualClock();
  const opened = [CHANNEL_OPEN_OK, CHANNEL_CLOSE_OK];
  const silent = [CHANNEL_OPEN_OK, Buffer.alloc(0), CHANNEL_CLOSE_OK];
  await using server = await startServer([START, TUNE, OPEN_OK, ...opened, ...silent, ...silent], () =>
    Promise.resolve(),
  );
  const connection = await connectAmqp(server.url, { name: 'x', clock });
  let isLost = false;
  connection.lost.then(() => {
    isLost = true;
  }, expect.fail);
  const lostAfter: boolean[] = [];

  for (let count = 0; count < 2; count += 1) {
    const channel = await connection.openChannel();
    const answer = channel.answer('looking', channel.raw.checkQueue('q'));
    answer.catch(() => undefined);
    await expect.poll(() => server.answeredCount()).toBe(count === 0 ? 7 : 10);
    await clock.advance(15_000);
    await expect(answer).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    // Its end is answered: for all that a channel can tell, the connection is well.
    if (count === 0) await expect.poll(() => server.answeredCount()).toBe(8);
    lostAfter.push(isLost);
  }

  expect(lostAfter[0]).toBe(false);
  expect(await connection.lost).toBe('no answer to: looking');
});

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'signed by an authority that is not trusted here'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'connect by a name that stands in it'],
  ['CERT_HAS_EXPIRED', 'renew it, or correct the clock'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'the broker speaks no TLS on this port'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'the broker refused the certificate of this process'],
  ['ERR_OSSL_PEM_NO_START_LINE', 'cannot be read, or do not belong together'],
])('what TLS calls %s is a refusal that says what to fix', (code, words) => {
  const error = toConnectError(Object.assign(new Error('x'), { code }), 'amqps://host/');

  expect(error.code).toBe('BROKER_REFUSED');
  expect(error.message).toContain(words);
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
