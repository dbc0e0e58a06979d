import {
  BODY,
  CONTENT_TYPE,
  DELIVERY_MODE,
  FRAME_END,
  HEADER,
  HEADERS,
  INT8,
  INT16,
  INT32,
  INT64,
  MESSAGE_ID,
  METHOD,
  TEXT,
  TIMESTAMP,
  TYPE,
} from './amqp-encoding.ts';
import { type AmqpProperties, PERSISTENT, type PublishFields, TRANSIENT } from './sending.ts';

/** One message and where it goes. */
export interface Encodable {
  /** The number of its channel. */
  readonly channel: number;
  readonly fields: PublishFields;
  readonly properties: AmqpProperties;
  readonly body: Uint8Array;
}

/** Encodes messages. */
export interface PublicationEncoder {
  /**
   * Writes the frames of a message into `bytes`, from `start`.
   * @returns Where they end; `'no room'` when `bytes` may be too short, and `'not here'` for what is rarely sent and what is wrong.
   */
  encode(bytes: Uint8Array, start: number, message: Encodable): number | 'no room' | 'not here';
}

/** Class 60, method 40. */
const BASIC_PUBLISH = 0x003c0028;
/** Class 60, and a weight that nobody uses. */
const BASIC_HEADER = 0x003c0000;

/** What the parts of a message that are no text and no body take at most between two texts, in bytes; rounded up. */
const FIXED_BYTES = 64;
/** The longest short text of AMQP, in bytes. */
const MAX_SHORT_BYTES = 255;
/** Most bytes of a UTF-16 unit in UTF-8. */
const BYTES_PER_UNIT = 3;
/** From so many characters on, a text is written by Node.js: for a shorter one, calling it costs more than writing does. */
const LONG_TEXT = 64;

const NO_ROOM = new Error('no room');
const NOT_HERE = new Error('left to amqplib');
const NOTHING = Buffer.alloc(0);

const utf8 = new TextEncoder();

/** Creates an encoder. It works on one message at a time, keeps nothing of it, and makes hardly any objects. */
export function createPublicationEncoder(): PublicationEncoder {
  let bytes: Uint8Array = NOTHING;
  let at = 0;

  function requireRoom(length: number): void {
    if (at + length + FIXED_BYTES > bytes.length) throw NO_ROOM;
  }

  function uint8(value: number): void {
    bytes[at] = value;
    at += 1;
  }

  function uint16(value: number): void {
    bytes[at] = value >>> 8;
    bytes[at + 1] = value;
    at += 2;
  }

  function uint32(value: number): void {
    setUint32(at, value);
    at += 4;
  }

  function setUint32(where: number, value: number): void {
    bytes[where] = value >>> 24;
    bytes[where + 1] = value >>> 16;
    bytes[where + 2] = value >>> 8;
    bytes[where + 3] = value;
  }

  function int64(value: number): void {
    const high = Math.floor(value / 2 ** 32);
    uint32(high);
    uint32(value - high * 2 ** 32);
  }

  /** Writes it as UTF-8; returns its length in bytes. */
  function text(value: string): number {
    const { length } = value;
    requireRoom(length * BYTES_PER_UNIT);
    const start = at;
    if (length >= LONG_TEXT || !ascii(value))
      at = start + utf8.encodeInto(value, bytes.subarray(start)).written;
    return at - start;
  }

  /** Writes it if it is ASCII. */
  function ascii(value: string): boolean {
    const start = at;
    for (let index = 0; index < value.length; index += 1) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) return false;
      bytes[start + index] = unit;
    }
    at = start + value.length;
    return true;
  }

  function shortText(value: unknown): void {
    if (typeof value !== 'string') throw NOT_HERE;
    const lengthAt = at;
    at += 1;
    const length = text(value);
    if (length > MAX_SHORT_BYTES) throw NOT_HERE;
    bytes[lengthAt] = length;
  }

  function longText(value: string): void {
    const lengthAt = at;
    at += 4;
    setUint32(lengthAt, text(value));
  }

  /** Every whole number in the shortest of the types. */
  function wholeNumber(value: number): void {
    if (!Number.isSafeInteger(value)) throw NOT_HERE;
    if (value >= -(2 ** 7) && value < 2 ** 7) {
      uint8(INT8);
      uint8(value);
    } else if (value >= -(2 ** 15) && value < 2 ** 15) {
      uint8(INT16);
      uint16(value);
    } else if (value >= -(2 ** 31) && value < 2 ** 31) {
      uint8(INT32);
      uint32(value);
    } else {
      uint8(INT64);
      int64(value);
    }
  }

  function headers(fields: Readonly<Record<string, unknown>>): void {
    if (typeof fields !== 'object' || fields === null) throw NOT_HERE;
    const lengthAt = at;
    at += 4;
    // Inherited ones too, as amqplib does: it hands them over so.
    for (const name in fields) {
      const value = fields[name];
      if (value === undefined) continue;
      shortText(name);
      if (typeof value === 'string') {
        uint8(TEXT);
        longText(value);
      } else if (typeof value === 'number') wholeNumber(value);
      else throw NOT_HERE;
    }
    setUint32(lengthAt, at - lengthAt - 4);
  }

  function beginFrame(type: number, channel: number): number {
    uint8(type);
    uint16(channel);
    at += 4;
    return at;
  }

  function endFrame(start: number): void {
    setUint32(start - 4, at - start);
    uint8(FRAME_END);
  }

  function method(channel: number, { exchange, routingKey, mandatory, immediate }: PublishFields): void {
    if (immediate === true) throw NOT_HERE;
    const start = beginFrame(METHOD, channel);
    uint32(BASIC_PUBLISH);
    // Was the number of a ticket.
    uint16(0);
    shortText(exchange);
    shortText(routingKey);
    uint8(mandatory === true ? 1 : 0);
    endFrame(start);
  }

  function header(channel: number, properties: AmqpProperties, bodyBytes: number): void {
    if (hasRare(properties)) throw NOT_HERE;
    const { contentType, deliveryMode, messageId, timestamp, type } = properties;
    const start = beginFrame(HEADER, channel);
    uint32(BASIC_HEADER);
    int64(bodyBytes);
    uint16(
      (contentType === undefined ? 0 : CONTENT_TYPE) |
        (properties.headers === undefined ? 0 : HEADERS) |
        (deliveryMode === undefined ? 0 : DELIVERY_MODE) |
        (messageId === undefined ? 0 : MESSAGE_ID) |
        (timestamp === undefined ? 0 : TIMESTAMP) |
        (type === undefined ? 0 : TYPE),
    );
    if (contentType !== undefined) shortText(contentType);
    if (properties.headers !== undefined) headers(properties.headers);
    if (deliveryMode !== undefined) {
      if (deliveryMode !== TRANSIENT && deliveryMode !== PERSISTENT) throw NOT_HERE;
      uint8(deliveryMode);
    }
    if (messageId !== undefined) shortText(messageId);
    if (timestamp !== undefined) {
      if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw NOT_HERE;
      int64(timestamp);
    }
    if (type !== undefined) shortText(type);
    endFrame(start);
  }

  function content(channel: number, body: Uint8Array): void {
    if (body.length === 0) return;
    requireRoom(body.length);
    const start = beginFrame(BODY, channel);
    bytes.set(body, at);
    at += body.length;
    endFrame(start);
  }

  return {
    encode(target, start, { channel, fields, properties, body }) {
      bytes = target;
      at = start;
      try {
        requireRoom(body.length);
        method(channel, fields);
        header(channel, properties, body.length);
        content(channel, body);
        return at;
      } catch (error) {
        if (error === NO_ROOM) return 'no room';
        if (error === NOT_HERE) return 'not here';
        throw error;
      } finally {
        bytes = NOTHING;
      }
    },
  };
}

/** Whether something is set that is not encoded here. */
function hasRare(properties: AmqpProperties): boolean {
  const { contentEncoding, priority, correlationId, replyTo, expiration, userId, appId, clusterId } =
    properties;
  return (
    contentEncoding !== undefined ||
    priority !== undefined ||
    correlationId !== undefined ||
    replyTo !== undefined ||
    expiration !== undefined ||
    userId !== undefined ||
    appId !== undefined ||
    clusterId !== undefined
  );
}
