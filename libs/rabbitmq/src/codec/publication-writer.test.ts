import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '@leveret/core';
import { createInbox } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { connectAmqp } from '../connection/amqp.ts';
import { type MessageSink, writePublications } from './publication-writer.ts';
import { PERSISTENT, type Publication } from './sending.ts';

/** amqplib keeps its parts to itself; what it makes of a message is what ours is held against. */
const require = createRequire(import.meta.url);
const amqplib = dirname(require.resolve('amqplib'));
const { Connection } = require(join(amqplib, 'lib/connection.js'));
const { BasicPublish, BasicProperties, ChannelClose } = require(join(amqplib, 'lib/defs.js'));
const FRAME_MAX = 131_072;

/** amqplib's way out, of which nothing leaves. */
function makeSink({ frameMax = FRAME_MAX } = {}) {
  const written: Buffer[][] = [];
  const openChannel = (number: number) => {
    const ofChannel: Buffer[] = [];
    written[number] = ofChannel;
    channels[number] = { buffer: { write: (bytes: Buffer) => ofChannel.push(bytes) > 0 } };
  };
  const channels: unknown[] = [];
  for (const number of [1, 2]) openChannel(number);
  const sink: MessageSink = Object.assign(Object.create(Connection.prototype), {
    channels,
    frameMax,
    sentSinceLastCheck: false,
  });
  return {
    sink,
    openChannel,
    closeChannel: (number: number) => {
      channels[number] = null;
    },
    send: ({ body, properties, ...fields }: Publication, channel = 1) =>
      sink.sendMessage(channel, BasicPublish, fields, BasicProperties, properties, body),
    /** The pieces that a channel was given. */
    pieces: (channel = 1) => written[channel] ?? [],
    bytes: (channel = 1) => Buffer.concat(written[channel] ?? []).toString('hex'),
  };
}

/** Two ways out: through what is tested, and amqplib's own. */
function makeSinks(options?: { readonly frameMax?: number }) {
  const ours = makeSink(options);
  const theirs = makeSink(options);
  writePublications(ours.sink);
  return { ours, theirs };
}

function publicationOf(text: string): Publication {
  return {
    exchange: '',
    routingKey: 'q',
    body: Buffer.from(text),
    properties: { messageId: text, deliveryMode: PERSISTENT },
  };
}

const number = fc.oneof(
  fc.constantFrom(0, -0, 127, 128, -128, -129, 32_767, 32_768, -32_768, -32_769),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 50, -(2 ** 50), 2 ** 60),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
);
const text = fc.string({ unit: 'binary', maxLength: 80 });
const rare = fc.constantFrom<unknown>(null, undefined, true, ['1>2', '2>x'], { a: { b: 'c' } });
const header = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  { weight: 4, arbitrary: number },
  { weight: 1, arbitrary: rare },
);
const headers = fc.dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), header, {
  maxKeys: 6,
});
const properties = fc.record(
  {
    messageId: text,
    contentType: text,
    deliveryMode: fc.constantFrom(1, 2),
    timestamp: fc.oneof(fc.nat(2 ** 31), fc.constantFrom(2 ** 32, 2 ** 52)),
    type: text,
    headers: fc.oneof(
      headers,
      headers.map((inherited) => Object.assign(Object.create(inherited), { own: 1 })),
    ),
  },
  { requiredKeys: ['messageId'] },
);
const rareProperties = fc.record(
  {
    contentEncoding: text,
    priority: fc.nat(255),
    correlationId: text,
    replyTo: text,
    expiration: fc.nat().map(String),
    userId: text,
    appId: text,
    clusterId: text,
  },
  { requiredKeys: [] },
);
const publication = fc.record(
  {
    exchange: text,
    routingKey: text,
    mandatory: fc.boolean(),
    immediate: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
    body: fc.oneof(
      { weight: 9, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom(0, 16_000, 16_384, 16_385, 300_000)
          .map((length) => Buffer.alloc(length, 7)),
      },
    ),
    properties: fc.oneof(
      { weight: 9, arbitrary: properties },
      {
        weight: 1,
        arbitrary: fc.tuple(properties, rareProperties).map(([some, more]) => ({ ...some, ...more })),
      },
    ),
  },
  { requiredKeys: ['exchange', 'routingKey', 'body', 'properties'] },
);

test.each([FRAME_MAX, 4_096])(
  'whatever is sent, the bytes are amqplib’s, in frames of at most %s',
  async (frameMax) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(publication, fc.constantFrom(1, 2)), { maxLength: 60 }),
        async (sent) => {
          const { ours, theirs } = makeSinks({ frameMax });
          for (const [message, channel] of sent)
            for (const way of [ours, theirs]) way.send(message as Publication, channel);
          await turn();

          for (const channel of [1, 2]) expect(ours.bytes(channel)).toBe(theirs.bytes(channel));
          expect(ours.sink.sentSinceLastCheck).toBe(sent.length > 0);
        },
      ),
      { numRuns: 60 },
    );
  },
);

test('what is sent in one turn leaves in one piece, before what a method says behind it', async () => {
  const { ours } = makeSinks();
  for (const id of ['a', 'b', 'c']) ours.send(publicationOf(id));
  expect(ours.pieces()).toHaveLength(0);
  ours.sink.sendMethod(1, ChannelClose, { replyCode: 200, replyText: 'bye', classId: 0, methodId: 0 });

  const [messages, close] = ours.pieces();
  expect(messages?.toString('latin1')).toMatch(/a.*b.*c/s);
  expect(close?.toString('latin1')).toContain('bye');
  ours.send(publicationOf('d'));
  await turn();

  expect(ours.pieces().map((piece) => piece.includes('d'))).toEqual([false, false, true]);
});

test.each([
  ['a text too long for AMQP', { type: 'x'.repeat(256) }],
  ['a text that is none', { contentType: 5 }],
  ['a mode that is none', { deliveryMode: '2' }],
  ['a mode out of bounds', { deliveryMode: 300 }],
  ['headers that are none', { headers: 'ab' }],
  ['headers that are too long', { headers: { long: 'x'.repeat(70_000) } }],
])('%s is refused as by amqplib, and nothing of it is sent', async (_what, unfit) => {
  const { ours, theirs } = makeSinks();
  const { properties: fit, ...rest } = publicationOf('a');
  const message = { ...rest, properties: { ...fit, ...unfit } } as Publication;
  const refusalOf = ({ send }: typeof ours) => {
    try {
      return send(message);
    } catch (error) {
      return error;
    }
  };

  const refusal = refusalOf(ours);
  ours.send(publicationOf('b'));
  theirs.send(publicationOf('b'));
  await turn();

  expect(refusal).toBeInstanceOf(Error);
  expect(refusal).toEqual(refusalOf(theirs));
  expect(ours.bytes()).toBe(theirs.bytes());
});

test('what was sent on a channel that is gone is not written to the one that has its number', async () => {
  const { ours } = makeSinks();
  ours.send(publicationOf('late'));
  ours.closeChannel(1);
  ours.openChannel(1);
  ours.send(publicationOf('next'));
  await turn();

  expect(ours.pieces().map((piece) => [piece.includes('late'), piece.includes('next')])).toEqual([
    [false, true],
  ]);
});

describe.skipIf(!hasRabbitmq())('on a real connection', () => {
  test('messages of every size arrive in the order in which they were sent, and are confirmed', async () => {
    await using vhost = await openVhost();
    await using raw = await openRawChannel(vhost.amqpUrl);
    await raw.assertQueue('q');
    const arrived = createInbox<string>();
    await raw.consume(
      'q',
      (message) => message && arrived.put(`${message.properties.messageId} ${message.content.length}`),
    );
    const amqp = await connectAmqp(vhost.amqpUrl, { name: 'writer', clock: systemClock });
    const channel = await amqp.openConfirmChannel();
    const sizes = Array.from({ length: 400 }, (_, index) =>
      index % 7 === 0 ? 20_000 : index % 5 === 0 ? 0 : index,
    );
    const answers: unknown[] = [];

    for (const [index, size] of sizes.entries())
      channel.publish({ ...publicationOf(`${index}`), body: new Uint8Array(size) }, (answer) =>
        answers.push(answer),
      );

    expect(await arrived.take(sizes.length)).toEqual(sizes.map((size, index) => `${index} ${size}`));
    await expect.poll(() => answers).toEqual(sizes.map(() => null));
    await amqp.close();
    expect(() => channel.publish(publicationOf('late'), () => undefined)).toThrow('closed');
  });
});
