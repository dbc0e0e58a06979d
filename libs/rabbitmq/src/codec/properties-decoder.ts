import {
  BOOLEAN,
  CONTENT_TYPE,
  DELIVERY_MODE,
  HEADERS,
  INT8,
  INT16,
  INT32,
  INT64,
  MESSAGE_ID,
  TEXT,
  TIMESTAMP,
  TYPE,
} from './amqp-encoding.ts';

/** What a message says of itself, as far as it is used. Whoever sent it may have set it to anything. */
export interface RawProperties {
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  readonly messageId?: unknown;
  readonly type?: unknown;
  /** In seconds since 1970. */
  readonly timestamp?: unknown;
}

/** Decodes the properties of messages. */
export interface PropertiesDecoder {
  /** What lies from `start` to `end`; undefined where it holds what is rarely used, or is none. Nothing of `bytes` is kept. */
  decode(bytes: Buffer, start: number, end: number): RawProperties | undefined;
}

/** Of the other properties, none is used by us. */
const KNOWN = CONTENT_TYPE | HEADERS | DELIVERY_MODE | MESSAGE_ID | TIMESTAMP | TYPE;

/** Thrown where amqplib has to see what it can make of it: it reads every type, and says what is wrong. */
const NOT_HERE = new Error('left to amqplib');

const NOTHING: Buffer = Buffer.alloc(0);

/** Texts that are remembered: what messages say of themselves is mostly what the one before said. A power of two. */
const FAMILIAR_TEXTS = 64;

/** A text, and the bytes that it was read from. */
interface FamiliarText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Creates a decoder. It works on one message at a time, and makes nothing but what it returns. */
export function createPropertiesDecoder(): PropertiesDecoder {
  let bytes = NOTHING;
  let at = 0;
  const familiar = new Array<FamiliarText | undefined>(FAMILIAR_TEXTS).fill(undefined);

  function uint8(): number {
    const value = bytes.readUInt8(at);
    at += 1;
    return value;
  }

  function text(length: number): string {
    const start = at;
    at += length;
    return bytes.toString('utf8', start, at);
  }

  /** The same for a text that the next message is likely to have too: comparing its bytes takes a fraction of the time of making it. */
  function familiarText(length: number): string {
    const slot = (length * 7 + (bytes[at + length - 1] ?? 0)) & (FAMILIAR_TEXTS - 1);
    const known = familiar[slot];
    if (known !== undefined && isAt(known.bytes, length)) {
      at += length;
      return known.text;
    }
    const start = at;
    const read = text(length);
    familiar[slot] = { bytes: Uint8Array.prototype.slice.call(bytes, start, at), text: read };
    return read;
  }

  function isAt(expected: Uint8Array, length: number): boolean {
    if (expected.length !== length) return false;
    for (let index = 0; index < length; index += 1) if (expected[index] !== bytes[at + index]) return false;
    return true;
  }

  function uint32(): number {
    const value = bytes.readUInt32BE(at);
    at += 4;
    return value;
  }

  function uint64(): number {
    return uint32() * 2 ** 32 + uint32();
  }

  function value(): unknown {
    switch (uint8()) {
      case TEXT:
        return text(uint32());
      case INT8:
        at += 1;
        return bytes.readInt8(at - 1);
      case INT16:
        at += 2;
        return bytes.readInt16BE(at - 2);
      case INT32:
        at += 4;
        return bytes.readInt32BE(at - 4);
      case INT64:
        at += 8;
        return bytes.readInt32BE(at - 8) * 2 ** 32 + bytes.readUInt32BE(at - 4);
      case BOOLEAN:
        return uint8() !== 0;
      default:
        throw NOT_HERE;
    }
  }

  function table(): Readonly<Record<string, unknown>> {
    const fields: Record<string, unknown> = {};
    const length = uint32();
    const end = at + length;
    while (at < end) {
      const name = familiarText(uint8());
      fields[name] = value();
    }
    if (at > end) throw NOT_HERE;
    return fields;
  }

  function properties(flags: number): RawProperties {
    if (flags & CONTENT_TYPE) at += 1 + bytes.readUInt8(at);
    const headers = flags & HEADERS ? table() : undefined;
    if (flags & DELIVERY_MODE) at += 1;
    const messageId = flags & MESSAGE_ID ? text(uint8()) : undefined;
    const timestamp = flags & TIMESTAMP ? uint64() : undefined;
    const type = flags & TYPE ? familiarText(uint8()) : undefined;
    return { headers, messageId, timestamp, type };
  }

  return {
    decode(source, start, end) {
      bytes = source;
      at = start;
      try {
        const flags = bytes.readUInt16BE(at);
        at += 2;
        if (flags & ~KNOWN) return undefined;
        const decoded = properties(flags);
        return at === end ? decoded : undefined;
      } catch {
        // Of a rare type, or cut short.
        return undefined;
      } finally {
        bytes = NOTHING;
      }
    },
  };
}
