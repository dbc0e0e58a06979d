/** What AMQP 0-9-1 is made of, as far as frames are read and written here: sections 4.2.3 and 4.2.5, class `basic`. */

/** Types of frames. */
export const METHOD = 1;
export const HEADER = 2;
export const BODY = 3;

/** Length of what is before a frame's payload, in bytes: its type, its channel, and the payload's length. */
export const FRAME_HEAD_BYTES = 7;
/** The last byte of a frame. */
export const FRAME_END = 0xce;

/** Flags of the properties that are used here, in their order. */
export const CONTENT_TYPE = 0x8000;
export const HEADERS = 0x2000;
export const DELIVERY_MODE = 0x1000;
export const MESSAGE_ID = 0x0080;
export const TIMESTAMP = 0x0040;
export const TYPE = 0x0020;

/** Types of a header's value, as RabbitMQ writes them. */
export const INT8 = 'b'.charCodeAt(0);
export const INT16 = 's'.charCodeAt(0);
export const INT32 = 'I'.charCodeAt(0);
export const INT64 = 'l'.charCodeAt(0);
export const TEXT = 'S'.charCodeAt(0);
export const BOOLEAN = 't'.charCodeAt(0);
