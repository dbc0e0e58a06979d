import {
  type BlobStore,
  type Clock,
  LeveretError,
  SNIFF_BYTES,
  type StoredBlob,
  sniffVideoContainer,
} from '@leveret/core';
import type { FastifyRequest } from 'fastify';
import { announcedSha256 } from './content-digest.ts';
import { openForm } from './upload-form.ts';
import { openBody, type UploadSource } from './upload-source.ts';

/** How an upload is taken in. */
export interface ReceiveOptions {
  readonly blobs: BlobStore;
  /** Where it is stored. */
  readonly key: string;
  readonly limitBytes: number;
  readonly clock: Clock;
}

/** An upload that was stored whole. */
export interface ReceivedUpload extends StoredBlob {
  readonly fileName?: string;
}

/** What a multipart form may add to the size of its file, in bytes. */
const FORM_OVERHEAD_BYTES = 65_536;

/**
 * Refuses an upload that says of itself that it is too large, before any of it is read.
 *
 * @throws {LeveretError} `UPLOAD_TOO_LARGE`.
 */
export function refuseDeclaredSize(request: FastifyRequest, limitBytes: number): void {
  const isForm = /^multipart\//i.test(request.headers['content-type'] ?? '');
  if (declaredBytes(request) > limitBytes + (isForm ? FORM_OVERHEAD_BYTES : 0)) throw tooLarge(limitBytes);
}

/** What a request says of its size, in bytes; 0 when it says nothing. */
function declaredBytes({ headers }: FastifyRequest): number {
  return Number(headers['content-length'] ?? 0);
}

/**
 * Streams the upload of a request into storage. Its first bytes decide whether it may be a video, its digest whether it is
 * what was announced. It leaves the reserve of the disk, which is kept for finishing jobs. Nothing is left in storage when it throws.
 *
 * @throws {LeveretError} `UPLOAD_EMPTY`, `UPLOAD_TYPE_UNSUPPORTED`, `UPLOAD_TOO_LARGE`, `UPLOAD_INTERRUPTED`,
 *   `UPLOAD_DIGEST_MISMATCH`, `REQUEST_INVALID`, and what the storage throws.
 */
export async function receiveUpload(
  request: FastifyRequest,
  { blobs, key, limitBytes, clock }: ReceiveOptions,
): Promise<ReceivedUpload> {
  const sha256 = announcedDigest(request);
  const source = request.isMultipart()
    ? await openForm(request, { limitBytes: limitBytes + FORM_OVERHEAD_BYTES, clock })
    : openBody(request.raw);
  try {
    const stored = await blobs.put(key, videoBytes(source.bytes), {
      maxBytes: limitBytes,
      newWork: { expectedBytes: declaredBytes(request) },
      ...(sha256 === undefined ? {} : { sha256 }),
    });
    await finish(source, () => blobs.delete(key));
    return { ...stored, ...(source.fileName === undefined ? {} : { fileName: source.fileName }) };
  } finally {
    source.close();
  }
}

async function finish(source: UploadSource, undo: () => Promise<void>): Promise<void> {
  try {
    await source.finish();
  } catch (error) {
    await undo();
    throw error;
  }
}

function announcedDigest(request: FastifyRequest): string | undefined {
  const sha256 = announcedSha256(request.headers);
  if (sha256 === undefined || !request.isMultipart()) return sha256;
  throw new LeveretError(
    'REQUEST_INVALID',
    'a digest is of the whole body: send the file as the body, not in a form',
  );
}

/** The same bytes, once the first of them look like a video. */
async function* videoBytes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of source) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.byteLength < SNIFF_BYTES) continue;
    yield requireVideo(head);
    head = undefined;
  }
  if (head !== undefined) yield requireVideo(head);
}

function requireVideo(head: Uint8Array): Uint8Array {
  if (head.byteLength === 0) throw new LeveretError('UPLOAD_EMPTY', 'the upload holds no bytes');
  if (sniffVideoContainer(head.subarray(0, SNIFF_BYTES)) !== undefined) return head;
  throw new LeveretError('UPLOAD_TYPE_UNSUPPORTED', 'the first bytes are of no video container');
}

function tooLarge(limitBytes: number): LeveretError {
  return new LeveretError('UPLOAD_TOO_LARGE', `the upload is larger than ${limitBytes} bytes`, {
    details: { limitBytes },
  });
}
