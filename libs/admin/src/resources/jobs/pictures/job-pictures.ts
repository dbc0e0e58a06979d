import { type BlobStore, type JobReader, leveretCodeOf, placesOf } from '@leveret/core';
import { type PictureType, SNIFF_BYTES, sniffPicture } from './picture-type.ts';

/** Files of one job that are looked at: a folder may have many. */
const MAX_FILES = 100;
/** Pictures in one answer. */
const MAX_PICTURES = 20;

/** A picture in blob storage. */
export interface JobPicture {
  readonly key: string;
  readonly contentType: PictureType;
  readonly sizeBytes: number;
}

/** Pictures of a job. */
export interface JobPictureList {
  /** The largest first. */
  readonly pictures: readonly JobPicture[];
  /** Whether the job may have more. */
  readonly isMore: boolean;
}

/** Finds the pictures among the files that jobs refer to. */
export interface JobPictures {
  /** The first {@link MAX_PICTURES} among the first {@link MAX_FILES} files of a job. @throws {LeveretError} `STORAGE_UNAVAILABLE`. */
  list(jobId: string): Promise<JobPictureList>;
  /** The picture with this key, if the job refers to it. @throws {LeveretError} `STORAGE_UNAVAILABLE`. */
  find(jobId: string, key: string): Promise<JobPicture | undefined>;
}

/** Creates it. */
export function createJobPictures(
  reader: Pick<JobReader, 'blobKeys'>,
  blobs: Pick<BlobStore, 'list' | 'stat' | 'open'>,
): JobPictures {
  async function* filesOf(jobId: string): AsyncGenerator<string> {
    for (const key of await reader.blobKeys(jobId))
      if (key.endsWith('/')) for await (const file of blobs.list(key)) yield file.key;
      else yield key;
  }

  /** The file, if it is a picture. It may be deleted meanwhile. */
  async function examine(key: string): Promise<JobPicture | undefined> {
    try {
      const stat = await blobs.stat(key);
      if (stat === undefined || stat.sizeBytes < SNIFF_BYTES) return undefined;
      const contentType = sniffPicture(await readAll(await blobs.open(key, { end: SNIFF_BYTES - 1 })));
      return contentType && { key, contentType, sizeBytes: stat.sizeBytes };
    } catch (error) {
      if (leveretCodeOf(error) === 'BLOB_NOT_FOUND') return undefined;
      throw error;
    }
  }

  return {
    async list(jobId) {
      const files = new Set<string>();
      const pictures: JobPicture[] = [];
      let isMore = false;
      for await (const key of filesOf(jobId)) {
        isMore = files.size === MAX_FILES || pictures.length === MAX_PICTURES;
        if (isMore) break;
        if (files.has(key)) continue;
        files.add(key);
        const picture = await examine(key);
        if (picture !== undefined) pictures.push(picture);
      }
      return { pictures: pictures.sort((one, other) => other.sizeBytes - one.sizeBytes), isMore };
    },
    async find(jobId, key) {
      const referred = new Set(await reader.blobKeys(jobId));
      return placesOf(key).some((place) => referred.has(place)) ? await examine(key) : undefined;
    },
  };
}

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}
