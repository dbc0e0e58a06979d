/** What is sent along with a job: names and texts, such as `traceparent`. */
export type JobHeaders = Readonly<Record<string, string>>;

/** Most headers of a job. */
export const MAX_HEADERS = 16;
/** Most that names and values of a job's headers take together, in bytes of UTF-8. */
export const MAX_HEADER_BYTES = 4_096;
/** Names that brokers and the wire format keep for themselves. */
const RESERVED = /^(?:leveret-.*|x-.*|cc|bcc)$/is;

const encoder = new TextEncoder();

/** Whether a name belongs to the broker or to the wire format, so that no producer may use it. */
export function isReservedHeader(name: string): boolean {
  return RESERVED.test(name);
}

/** How many bytes of UTF-8 a header takes. */
export function headerBytes(name: string, value: string): number {
  return encoder.encode(name).byteLength + encoder.encode(value).byteLength;
}

/** Of the headers of a message, those that its producer sent along. */
export function producerHeaders(headers: JobHeaders): JobHeaders {
  // Nearly no message has any.
  for (const name in headers) if (isReservedHeader(name)) return withoutReserved(headers);
  return headers;
}

function withoutReserved(headers: JobHeaders): JobHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isReservedHeader(name)));
}

/** The headers of a job that another job enqueues: its own, and of its parent's those of other names, as many as a job may have. */
export function inheritedHeaders(parent: JobHeaders, own: JobHeaders = {}): JobHeaders {
  const headers: Record<string, string> = { ...own };
  let count = Object.keys(own).length;
  let totalBytes = Object.entries(own).reduce((sum, [name, value]) => sum + headerBytes(name, value), 0);
  for (const [name, value] of Object.entries(producerHeaders(parent))) {
    const sizeBytes = headerBytes(name, value);
    if (name === '' || Object.hasOwn(own, name)) continue;
    if (count >= MAX_HEADERS || totalBytes + sizeBytes > MAX_HEADER_BYTES) continue;
    headers[name] = value;
    count += 1;
    totalBytes += sizeBytes;
  }
  return headers;
}
