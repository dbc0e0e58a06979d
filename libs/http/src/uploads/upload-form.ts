import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import { LeveretError } from '@leveret/core';
import type { FastifyRequest } from 'fastify';
import { type FormWatch, type FormWatchOptions, watchForm } from './form-watch.ts';
import type { UploadSource } from './upload-source.ts';

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
 * The one file of a multipart form.
 *
 * @throws {LeveretError} `UPLOAD_EMPTY` without a file, `REQUEST_INVALID` with anything else than one, or when the form is
 *   malformed, `UPLOAD_TOO_LARGE` when it has more bytes than `limitBytes`, `UPLOAD_INTERRUPTED` when the client goes away.
 */
export async function openForm(request: FastifyRequest, options: FormWatchOptions): Promise<UploadSource> {
  const parts = readParts(request, options);
  try {
    const file = await parts.next();
    if (file === undefined) throw new LeveretError('UPLOAD_EMPTY', 'the form holds no file');
    const fileName = cleanFileName(requireFile(file).filename);
    return {
      bytes: parts.bytesOf(requireFile(file)),
      ...(fileName === undefined ? {} : { fileName }),
      async finish() {
        const second = await parts.next();
        if (second === undefined) return parts.rest();
        requireFile(second).file.destroy();
        throw new LeveretError('REQUEST_INVALID', 'the form holds more than one file');
      },
      close: parts.close,
    };
  } catch (error) {
    parts.close();
    throw error;
  }
}

/** The parts of a form, each failure in our words. */
function readParts(request: FastifyRequest, options: FormWatchOptions) {
  const parts = request.parts({ limits: FORM_LIMITS });
  const watch: FormWatch = watchForm(request.raw, options);

  async function inOurWords<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw toFault(request, cause);
    }
  }

  async function next(): Promise<Part | undefined> {
    const found = await inOurWords(() => watch.progressOf(parts.next()));
    return found.done ? undefined : found.value;
  }

  async function* bytesOf({ file }: MultipartFile): AsyncGenerator<Uint8Array> {
    const abort = () => void file.destroy(watch.refused.reason as Error);
    watch.refused.addEventListener('abort', abort, { once: true });
    try {
      // All of it may have arrived before anybody reads.
      if (watch.refused.aborted) abort();
      for await (const chunk of file) yield chunk as Uint8Array;
    } catch (cause) {
      throw toFault(request, cause);
    } finally {
      watch.refused.removeEventListener('abort', abort);
    }
  }

  return { next, bytesOf, rest: () => inOurWords(watch.rest), close: watch.stop };
}

/** A failure while a form was read: of the connection when that is gone, else of the form. */
function toFault({ raw }: FastifyRequest, cause: unknown): LeveretError {
  if (cause instanceof LeveretError) return cause;
  return raw.readableAborted
    ? new LeveretError('UPLOAD_INTERRUPTED', 'the upload ended before it was complete', { cause })
    : new LeveretError('REQUEST_INVALID', 'the multipart form is malformed', { cause });
}

/** @throws {LeveretError} `REQUEST_INVALID` for a part that is not a file with a name. */
function requireFile(part: Part): MultipartFile {
  // The parser's types promise a name; a part without one has none.
  const fieldName = part.fieldname as string | undefined;
  const name =
    fieldName === undefined ? 'without a name' : JSON.stringify(fieldName.replace(UNPRINTABLE, ''));
  if (part.type === 'field')
    throw new LeveretError(
      'REQUEST_INVALID',
      `the form may hold one file and nothing else, but it has a field ${name}`,
    );
  if (fieldName === undefined)
    throw new LeveretError('REQUEST_INVALID', 'the file of the form has no field name');
  return part;
}

function cleanFileName(name: string | undefined): string | undefined {
  const printable = (name ?? '').replace(UNPRINTABLE, '').slice(0, MAX_FILE_NAME_LENGTH);
  // Half of a pair of surrogates is no text: it becomes the replacement character.
  const text = Buffer.from(printable).toString();
  return text === '' ? undefined : text;
}
