import { BODY, FRAME_END, FRAME_HEAD_BYTES, HEADER, METHOD } from './amqp-encoding.ts';
import { createPropertiesDecoder, type RawProperties } from './properties-decoder.ts';

/** A delivery as it came. */
export interface RawDelivery {
  readonly fields: { readonly deliveryTag: number; readonly redelivered: boolean };
  readonly properties: RawProperties;
  readonly content: Buffer;
}

/** What of amqplib's connection is used. */
export interface FrameSource {
  /** What came and is not read yet. */
  rest: Buffer;
  /** Reads the next frame, and more from the socket where that is needed; false when there is none. It calls itself by its name. */
  recvFrame(): unknown;
}

/** Reads deliveries. */
export interface DeliveryReader {
  /** From now on deliveries on a channel, by its number, go to `receive` where they can be read here. It must not throw. */
  add(channel: number, receive: (delivery: RawDelivery) => void): void;
  remove(channel: number): void;
}

/** Length of a frame's end, in bytes. */
const END_BYTES = 1;
/** Class 60, method 60. */
const BASIC_DELIVER = 0x003c003c;
/** Of a header's payload, before the properties: class, weight, and the size of the body. */
const BEFORE_PROPERTIES_BYTES = 12;
/** No delivery is shorter than its three frames. */
const LEAST_BYTES = 3 * (FRAME_HEAD_BYTES + END_BYTES);

/**
 * Reads deliveries that have come as a whole straight from what `source` has received: amqplib makes some twenty objects of each, which
 * costs as much as the rest of a delivery's way to its handler. Everything else is left to amqplib, delivery by delivery: one of which
 * a part is still to come, one with a body of several frames or none, with properties or headers of rare types, or with a fault. What
 * comes first is read first, whoever reads it.
 */
export function readDeliveries(source: FrameSource): DeliveryReader {
  const receivers = new Map<number, (delivery: RawDelivery) => void>();
  const decoder = createPropertiesDecoder();
  const readByAmqplib = source.recvFrame.bind(source);

  /** Hands over the deliveries at the beginning of what came. */
  function takeDeliveries(): void {
    const bytes = source.rest;
    let at = 0;
    try {
      for (let end = takeOne(bytes, at); end !== undefined; end = takeOne(bytes, at)) at = end;
    } finally {
      if (at > 0) source.rest = bytes.subarray(at);
    }
  }

  /** Where the delivery ends that begins at `at`; undefined when there is none that can be read here. */
  function takeOne(bytes: Buffer, at: number): number | undefined {
    if (bytes.length - at < LEAST_BYTES || bytes[at] !== METHOD) return undefined;
    const channel = bytes.readUInt16BE(at + 1);
    const receive = receivers.get(channel);
    if (receive === undefined) return undefined;
    const headerAt = endOfFrame(bytes, at);
    if (headerAt === undefined || bytes.readUInt32BE(at + FRAME_HEAD_BYTES) !== BASIC_DELIVER)
      return undefined;
    if (!isFrame(bytes, headerAt, HEADER, channel)) return undefined;
    const bodyAt = endOfFrame(bytes, headerAt);
    if (bodyAt === undefined || !isFrame(bytes, bodyAt, BODY, channel)) return undefined;
    const end = endOfFrame(bytes, bodyAt);
    if (end === undefined) return undefined;
    const headerStart = headerAt + FRAME_HEAD_BYTES;
    const content = bytes.subarray(bodyAt + FRAME_HEAD_BYTES, end - END_BYTES);
    if (bytes.readUInt32BE(headerStart + 4) !== 0 || bytes.readUInt32BE(headerStart + 8) !== content.length)
      return undefined;
    const properties = decoder.decode(bytes, headerStart + BEFORE_PROPERTIES_BYTES, bodyAt - END_BYTES);
    if (properties === undefined) return undefined;
    // Behind the method's number: the consumer's tag, the delivery's tag, whether it comes again, and where it was sent.
    const consumerTagAt = at + FRAME_HEAD_BYTES + 4;
    const tagAt = consumerTagAt + 1 + (bytes[consumerTagAt] ?? 0);
    const fields = {
      deliveryTag: bytes.readUInt32BE(tagAt) * 2 ** 32 + bytes.readUInt32BE(tagAt + 4),
      redelivered: bytes[tagAt + 8] === 1,
    };
    receive({ fields, properties, content });
    return end;
  }

  source.recvFrame = () => {
    takeDeliveries();
    return readByAmqplib();
  };
  return {
    add: (channel, receive) => receivers.set(channel, receive),
    remove: (channel) => receivers.delete(channel),
  };
}

function isFrame(bytes: Buffer, at: number, type: number, channel: number): boolean {
  return (
    bytes.length - at >= FRAME_HEAD_BYTES && bytes[at] === type && bytes.readUInt16BE(at + 1) === channel
  );
}

/** Where the frame ends that begins at `at`; undefined when it has not come as a whole, or is none. */
function endOfFrame(bytes: Buffer, at: number): number | undefined {
  const end = at + FRAME_HEAD_BYTES + bytes.readUInt32BE(at + 3) + END_BYTES;
  return end <= bytes.length && bytes[end - 1] === FRAME_END ? end : undefined;
}
