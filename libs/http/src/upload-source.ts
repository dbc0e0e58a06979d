import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import { LeveretError } from '@leveret/core';
import type { FastifyRequest } from 'fastify';

/** An upload on its way in. */
export interface UploadSource {
  /** The file, chunk by chunk; nothing of it is kept here. Ends only when the file was sent whole. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What the client calls the file: text, to be shown and nothing else. */
  readonly fileName?: string;
  /** To be called after the last byte: refuses a form that holds more than the one file. */
  finish(): Promise<void>;
}

type Part = MultipartFile | MultipartValue;

/** Longest file name kept, in characters. */
const MAX_FILE_NAME_LENGTH = 255;
/** What a form may hold: a little more than it should, so that what is too much can be told by name. */
const FORM_LIMITS = {
  files: 2,
  fields: 1,
  parts: 3,
  fieldSize: 256,
  fieldNameSize: 100,
  fileSize: Number.POSITIVE_INFINITY,
};
/** Characters that end lines, or turn the reading direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/**
 * The file that a request carries: its whole body, or the one file of a multipart form. Reading fails with
 * `UPLOAD_INTERRUPTED` when the client goes away, `REQUEST_INVALID` when the form is malformed.
 */
export async function openUpload(request: FastifyRequest): Promise<UploadSource> {
  return request.isMultipart() ? openForm(request) : openBody(request);
}

function openBody({ raw }: FastifyRequest): UploadSource {
  // The stream must outlive its reading: destroyed with it, the connection could not carry the refusal any more.
  const chunks = raw.iterator({ destroyOnReturn: false });
  return { bytes: reading(chunks, () => interrupted), finish: async () => {} };
}

async function openForm(request: FastifyRequest): Promise<UploadSource> {
  const parts = request.parts({ limits: FORM_LIMITS });
  const fault = () => (request.raw.complete ? malformed : interrupted);

  async function nextPart(): Promise<Part | undefined> {
    try {
      const next = await parts.next();
      return next.done ? undefined : next.value;
    } catch (cause) {
      throw fault()(cause);
    }
  }

  const first = await nextPart();
  if (first === undefined) throw new LeveretError('UPLOAD_EMPTY', 'the form holds no file');
  if (first.type === 'field') throw unknownField(first);
  const fileName = cleanFileName(first.filename);
  return {
    bytes: reading(first.file, fault),
    ...(fileName === undefined ? {} : { fileName }),
    async finish() {
      const second = await nextPart();
      if (second === undefined) return;
      if (second.type === 'field') throw unknownField(second);
      second.file.destroy();
      throw new LeveretError('REQUEST_INVALID', 'the form holds more than one file');
    },
  };
}

/** The same chunks; a failure of the connection or the form in our words. */
async function* reading(
  chunks: AsyncIterable<unknown>,
  fault: () => (cause: unknown) => LeveretError,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunks) yield chunk as Uint8Array;
  } catch (cause) {
    throw fault()(cause);
  }
}

function interrupted(cause: unknown): LeveretError {
  return new LeveretError('UPLOAD_INTERRUPTED', 'the upload ended before it was complete', { cause });
}

function malformed(cause: unknown): LeveretError {
  return new LeveretError('REQUEST_INVALID', 'the multipart form is malformed', { cause });
}

function unknownField({ fieldname }: Part): LeveretError {
  const name = JSON.stringify(fieldname.replace(UNPRINTABLE, ''));
  return new LeveretError(
    'REQUEST_INVALID',
    `the form may hold one file and nothing else, but it has the field ${name}`,
  );
}

function cleanFileName(name: string | undefined): string | undefined {
  const printable = (name ?? '').replace(UNPRINTABLE, '').slice(0, MAX_FILE_NAME_LENGTH);
  // Half of a pair of surrogates is no text: it becomes the replacement character.
  const text = Buffer.from(printable).toString();
  return text === '' ? undefined : text;
}
