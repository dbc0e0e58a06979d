import { createPublicationEncoder, type Encodable } from './publication-encoder.ts';
import type { AmqpProperties, PublishFields } from './sending.ts';

/** What of amqplib's connection is used. */
export interface MessageSink {
  /** What each open channel writes to, by the channel's number. */
  readonly channels: readonly ({ readonly buffer: Stream } | null | undefined)[];
  /** The longest frame that was agreed on, in bytes. */
  readonly frameMax: number;
  /** Whether no heartbeat has to be sent. */
  sentSinceLastCheck: boolean;
  /** Sends a message. amqplib puts another in its place when the connection closes. */
  sendMessage: SendMessage;
  /** Sends anything else. */
  sendMethod: (channel: number, method: unknown, fields: unknown) => unknown;
}

interface Stream {
  write(bytes: Uint8Array): boolean;
}

type SendMessage = (
  channel: number,
  method: unknown,
  fields: PublishFields,
  propertiesType: unknown,
  properties: AmqpProperties,
  body: Uint8Array,
) => unknown;

/** Messages are written into pieces of memory of so many bytes. */
const CHUNK_BYTES = 65_536;
/** A longer body is left to amqplib, in bytes: to copy it would cost more than is saved. */
const MAX_BODY_BYTES = 16_384;

/**
 * Has messages that `sink` is given written one behind the other into one piece of memory, and handed over as one when the code that is
 * running has ended: amqplib makes some fifteen objects of each, and hands each over by itself. What is rarely sent is left to amqplib,
 * message by message, and so are long bodies, what is wrong, and everything that is no message. What was sent first on a channel is
 * written first, whoever writes it.
 */
export function writePublications(sink: MessageSink): void {
  const encoder = createPublicationEncoder();
  const sendByAmqplib = sink.sendMessage.bind(sink);
  const sendMethodByAmqplib = sink.sendMethod.bind(sink);
  let chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** What of it is not handed over yet, and whose it is. */
  let from = 0;
  let to = 0;
  let owner = 0;
  let stream: Stream | undefined;
  let isFlushDue = false;

  const streamOf = (channel: number) => sink.channels[channel]?.buffer;

  function flush(): void {
    if (from === to) return;
    const written = chunk.subarray(from, to);
    from = to;
    // A channel that is gone has none any more, or another one has its number: whoever sent on it is told so.
    if (streamOf(owner) === stream) stream?.write(written);
  }

  function flushSoon(): void {
    if (isFlushDue) return;
    isFlushDue = true;
    process.nextTick(() => {
      isFlushDue = false;
      flush();
    });
  }

  function startChunk(): void {
    flush();
    chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    from = 0;
    to = 0;
  }

  /** Whether it is written. */
  function write(message: Encodable): boolean {
    if (message.body.length > MAX_BODY_BYTES) return false;
    if (message.channel !== owner || stream !== streamOf(owner)) {
      flush();
      owner = message.channel;
      stream = streamOf(owner);
    }
    let end = encoder.encode(chunk, to, message);
    if (end === 'no room' && to > 0) {
      startChunk();
      end = encoder.encode(chunk, to, message);
    }
    if (typeof end === 'string' || end - to > sink.frameMax) return false;
    to = end;
    return true;
  }

  sink.sendMessage = (channel, method, fields, propertiesType, properties, body) => {
    if (write({ channel, fields, properties, body })) {
      sink.sentSinceLastCheck = true;
      flushSoon();
      return true;
    }
    flush();
    return sendByAmqplib(channel, method, fields, propertiesType, properties, toBuffer(body));
  };
  sink.sendMethod = (channel, method, fields) => {
    flush();
    return sendMethodByAmqplib(channel, method, fields);
  };
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
