import { systemClock } from '@leveret/core';
import { createInbox } from '@leveret/testing';
import { hasRabbitmq, openVhost } from '@leveret/testing/rabbitmq';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openRawChannel } from '../../fixtures/raw-channel.ts';
import { connectAmqp } from '../connection/amqp.ts';
import { type FrameSource, type RawDelivery, readDeliveries } from './delivery-reader.ts';

const METHOD = 1;
const HEADER = 2;
const BODY = 3;

function frame(type: number, channel: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(7);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.of(0xce)]);
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
}

/** The frames of a delivery whose only property is its id. */
function deliveryFrames(tag: number, id: string, channel = 1): Buffer {
  const deliver = Buffer.concat([
    Buffer.of(0, 60, 0, 60),
    shortText('consumer'),
    Buffer.of(0, 0, 0, 0, 0, 0, 0, tag, 1),
    shortText('exchange'),
    shortText('key'),
  ]);
  const body = Buffer.from(`body of ${id}`);
  const header = Buffer.concat([
    Buffer.of(0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, body.length, 0x00, 0x80),
    shortText(id),
  ]);
  return Buffer.concat([
    frame(METHOD, channel, deliver),
    frame(HEADER, channel, header),
    frame(BODY, channel, body),
  ]);
}

/** Reads what comes in `pieces`, as amqplib does, but that it leaves lying what is not for the reader. */
function readPieces(pieces: readonly Buffer[]) {
  const left = [...pieces];
  const source: FrameSource = {
    rest: Buffer.alloc(0),
    recvFrame() {
      const incoming = left.shift();
      if (incoming === undefined) return false;
      source.rest = Buffer.concat([source.rest, incoming]);
      return source.recvFrame();
    },
  };
  const read: string[] = [];
  const note = ({ fields, properties, content }: RawDelivery) =>
    read.push(`${fields.deliveryTag} ${fields.redelivered} ${properties.messageId}: ${content.toString()}`);
  const reader = readDeliveries(source);
  return { source, reader, read, note };
}

describe('wherever what came is cut in two', () => {
  const all = Buffer.concat([deliveryFrames(1, 'a'), deliveryFrames(2, 'b'), deliveryFrames(3, 'c')]);

  test('each delivery is read once, as a whole, and in order', () => {
    for (let cut = 0; cut <= all.length; cut += 1) {
      const { source, reader, read, note } = readPieces([all.subarray(0, cut), all.subarray(cut)]);
      reader.add(1, note);

      source.recvFrame();

      expect(read).toEqual(['1 true a: body of a', '2 true b: body of b', '3 true c: body of c']);
      expect(source.rest).toHaveLength(0);
    }
  });
});

test.each([
  ['is on a channel that nobody reads here', deliveryFrames(1, 'a', 2)],
  [
    'goes on on another channel',
    Buffer.concat([deliveryFrames(1, 'a').subarray(0, 50), frame(BODY, 2, Buffer.of(1))]),
  ],
  ['has a frame without its end', Buffer.concat([deliveryFrames(1, 'a').subarray(0, -1), Buffer.of(0)])],
  ['is no delivery', frame(METHOD, 1, Buffer.alloc(60))],
])('what %s is left to amqplib, and everything behind it', (_what, bytes) => {
  const { source, reader, read, note } = readPieces([bytes, deliveryFrames(2, 'b')]);
  reader.add(1, note);

  source.recvFrame();

  expect(read).toEqual([]);
  expect(source.rest).toEqual(Buffer.concat([bytes, deliveryFrames(2, 'b')]));
});

test('a channel that is not read here any more is left to amqplib', () => {
  const { source, reader, read, note } = readPieces([deliveryFrames(1, 'a')]);
  reader.add(1, note);
  reader.remove(1);

  source.recvFrame();

  expect(read).toEqual([]);
});

describe.skipIf(!hasRabbitmq())('beside amqplib', () => {
  const number = fc.oneof(
    fc.constantFrom(
      0,
      127,
      128,
      -128,
      -129,
      32_767,
      32_768,
      -32_769,
      2 ** 31 - 1,
      2 ** 31,
      -(2 ** 31) - 1,
      2 ** 50,
    ),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  );
  const rare = fc.constantFrom<unknown>(null, [1, 'a', true], { a: { b: 'c' } }, Buffer.from('bytes'));
  const header = fc.oneof(
    { weight: 8, arbitrary: fc.oneof(fc.string({ unit: 'binary' }), number, fc.boolean()) },
    { weight: 1, arbitrary: rare },
  );
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  const message = fc.record({
    body: fc.oneof(
      { weight: 9, arbitrary: fc.uint8Array({ maxLength: 300 }) },
      { weight: 1, arbitrary: fc.constantFrom(new Uint8Array(0), new Uint8Array(300_000).fill(7)) },
    ),
    options: fc.record(
      {
        messageId: text,
        type: text,
        contentType: text,
        correlationId: text,
        timestamp: fc.nat(2 ** 31),
        persistent: fc.boolean(),
        headers: fc.dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), header, {
          maxKeys: 6,
        }),
      },
      { requiredKeys: [] },
    ),
  });

  test('what comes after the broker has cancelled the consumer is passed over, all of it', async () => {
    await using vhost = await openVhost();
    await using raw = await openRawChannel(vhost.amqpUrl);
    const amqp = await connectAmqp(vhost.amqpUrl, { name: 'reader', clock: systemClock });
    const channel = await amqp.openChannel();
    await raw.assertQueue('q');
    const received: (RawDelivery | null)[] = [];
    const consumerTag = await channel.consume('q', (delivery) => received.push(delivery));

    // As the broker says it; it goes on delivering what it had for the consumer.
    channel.raw.emit('cancel', { consumerTag });
    for (let count = 0; count < 50; count += 1) raw.sendToQueue('q', Buffer.alloc(5_000));
    await expect.poll(async () => (await raw.checkQueue('q')).messageCount).toBe(0);
    // An answer on the channel comes behind all of them.
    await channel.answer('asking', channel.raw.prefetch(1));

    expect(received).toEqual([null]);
    await amqp.close();
    await expect.poll(async () => (await raw.checkQueue('q')).messageCount).toBe(50);
  });

  test('whatever a message holds, the same is read', { timeout: 60_000 }, async () => {
    await using vhost = await openVhost();
    await using raw = await openRawChannel(vhost.amqpUrl);
    const amqp = await connectAmqp(vhost.amqpUrl, { name: 'reader', clock: systemClock });
    const channel = await amqp.openChannel();
    const theirs = createInbox<RawDelivery>();
    const ours = createInbox<RawDelivery>();
    for (const queue of ['theirs', 'ours']) await raw.assertQueue(queue);
    await raw.consume('theirs', (delivery) => delivery && theirs.put(delivery));
    await channel.consume('ours', (delivery) => delivery && ours.put(delivery));

    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 60, maxLength: 120 }), async (messages) => {
        for (const { body, options } of messages)
          for (const queue of ['theirs', 'ours']) raw.sendToQueue(queue, Buffer.from(body), options);

        const [expected, read] = [await theirs.take(messages.length), await ours.take(messages.length)];

        expect(read.map(shown)).toEqual(expected.map(shown));
      }),
      // What is left of a run that failed would come in the next one.
      { numRuns: 20, endOnFailure: true },
    );
    await amqp.close();
  });
});

/** What is used of a delivery. */
function shown({ fields, properties, content }: RawDelivery) {
  const { headers, messageId, type, timestamp } = properties;
  const { deliveryTag, redelivered } = fields;
  return {
    deliveryTag,
    redelivered,
    // A header may be named like a member that every object has: objects with such a field cannot be compared.
    headers: headers === undefined ? undefined : Object.entries(headers),
    messageId,
    type,
    timestamp,
    content: content.toString('base64'),
  };
}
