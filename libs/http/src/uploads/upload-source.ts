import type { IncomingMessage } from 'node:http';
import { LeveretError } from '@leveret/core';

/** An upload on its way in. */
export interface UploadSource {
  /** The file, chunk by chunk; nothing of it is kept here. Ends only when the file was sent whole. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What the client calls the file: text, to be shown and nothing else. */
  readonly fileName?: string;
  /** To be called after the last byte: refuses a form that holds more than the one file. */
  finish(): Promise<void>;
  /** To be called in the end, whatever came of it. */
  close(): void;
}

/** The body of a request as the file. Reading fails with `UPLOAD_INTERRUPTED` when the client goes away. */
export function openBody(request: IncomingMessage): UploadSource {
  return { bytes: readBody(request), finish: async () => {}, close: () => {} };
}

async function* readBody(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    // The stream must outlive its reading: destroyed with it, the connection could not carry the refusal any more.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (cause) {
    throw new LeveretError('UPLOAD_INTERRUPTED', 'the upload ended before it was complete', { cause });
  }
}
