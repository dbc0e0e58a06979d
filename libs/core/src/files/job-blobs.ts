import { LeveretError } from '../errors/errors.ts';
import type { JobDefinition } from '../job/job.ts';

/** Most files and folders in blob storage that a job may refer to. */
export const MAX_JOB_BLOBS = 64;
/** Longest key of a file or folder that a job refers to, in characters. */
export const MAX_JOB_BLOB_LENGTH = 500;

const WORDS = /^[A-Za-z0-9._-]{1,200}(\/[A-Za-z0-9._-]{1,200})*\/?$/;
/** What sweepers keep in the storage for themselves. */
const RESERVED = /^leveret-(?:storage$|pending\/|deleted\/)/;
const NONE: readonly string[] = [];

/**
 * Whether `key` can be referred to: the key of a file in blob storage, or a folder, which is a key with a `/` at its end and stands for every
 * file in it. At most {@link MAX_JOB_BLOB_LENGTH} characters.
 */
export function isJobBlob(key: unknown): key is string {
  return (
    typeof key === 'string' &&
    key.length <= MAX_JOB_BLOB_LENGTH &&
    WORDS.test(key) &&
    !RESERVED.test(key) &&
    !key.split('/').some((word) => word === '.' || word === '..')
  );
}

/** `key`, and the folders that it is in: a job that refers to any of these needs the file. */
export function placesOf(key: string): readonly string[] {
  const words = key.split('/');
  return [key, ...words.slice(1).map((_, index) => `${words.slice(0, index + 1).join('/')}/`)];
}

/**
 * The files and folders that a job refers to by the `blobs` of its definition, each once.
 *
 * @param payload As it is sent.
 * @throws {LeveretError} `PAYLOAD_INVALID` for a key that is none (see {@link isJobBlob}), and for more than {@link MAX_JOB_BLOBS}.
 */
export function jobBlobsOf(definition: JobDefinition, payload: unknown, jobId: string): readonly string[] {
  const keys = definition.blobs?.(payload, jobId);
  if (keys === undefined || keys.length === 0) return NONE;
  const { kind } = definition;
  const different = [...new Set(keys)];
  if (!different.every(isJobBlob))
    throw new LeveretError(
      'PAYLOAD_INVALID',
      `a file that the job refers to has no valid key in blob storage`,
      {
        details: { kind },
      },
    );
  if (different.length > MAX_JOB_BLOBS)
    throw new LeveretError(
      'PAYLOAD_INVALID',
      `the job refers to ${different.length} files and folders in blob storage, the limit is ${MAX_JOB_BLOBS}`,
      { details: { kind, limitCount: MAX_JOB_BLOBS } },
    );
  return different;
}
