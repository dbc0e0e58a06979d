import type { Json } from '../json/json.ts';

/**
 * How long a file stays after the last job that referred to it was deleted, and after it was last written, in milliseconds: an hour. Meanwhile the ledger
 * hears of jobs that were accepted while it was away.
 */
export const BLOB_GRACE_MS = 3_600_000;
/** Most keys, or jobs, that are listed at a time. */
export const MAX_BLOBS_AT_ONCE = 1_000;

/** A file or folder that no job refers to any more. */
export interface UnreferencedBlob {
  readonly key: string;
  /** Since when, or when it was postponed; in the ledger's own time, in milliseconds. */
  readonly sinceAt: number;
}

/** What a ledger knows of the storage whose files its jobs refer to. */
export interface LedgerStorage {
  /** The id of that storage; that of the ledger while {@link isNoted} is false. */
  readonly id: string;
  /** Whether the id was noted. */
  readonly isNoted: boolean;
  /** Whether the ledger has keys: jobs refer to them, or they are unreferenced. */
  readonly hasKeys: boolean;
}

/** A job whose references may be missing. */
export interface UnrecordedJob {
  readonly id: string;
  readonly payload: Json;
}

/** Jobs of one kind whose references may be missing, in the order of their ids. */
export interface UnrecordedJobs {
  readonly jobs: readonly UnrecordedJob[];
  /** The last id that was looked at, of any kind. */
  readonly lastId: string;
  /** Whether no more jobs were there. */
  readonly isLast: boolean;
}

/** References of the jobs of {@link UnrecordedJobs}. */
export interface MissingReferences extends Pick<UnrecordedJobs, 'lastId' | 'isLast'> {
  readonly jobs: readonly { readonly jobId: string; readonly keys: readonly string[] }[];
}

/**
 * Which files and folders in blob storage jobs refer to. A job refers to what its acceptance says ({@link LedgerEntry.blobs}) until it is deleted. The ledger
 * keeps each key that is left without a reference until its files are gone. A key that is referred to again is no longer unreferenced.
 */
export interface BlobReferences {
  /**
   * Keys that have been without a reference for at least {@link BLOB_GRACE_MS}, and have not been postponed since; the longest first. At most `limit`.
   * @throws {RangeError} for a limit that is not from 1 to {@link MAX_BLOBS_AT_ONCE}.
   */
  listUnreferenced(limit: number): Promise<readonly UnreferencedBlob[]>;
  /** Those of these files that a job refers to, by their key or by a folder that they are in. */
  findReferenced(files: readonly string[]): Promise<readonly string[]>;
  /** Forgets a key, because nothing is stored under it any more. Ignored when it is referred to, or has been left without a reference once more. */
  forget(blob: UnreferencedBlob): Promise<void>;
  /** Has a key listed only when {@link BLOB_GRACE_MS} have passed again. Ignored as by {@link forget}. */
  postpone(blob: UnreferencedBlob): Promise<void>;
  /**
   * Jobs of `kind`, with a payload, whose references may be missing, because they were accepted before the ledger or their definition knew of references. Begins after
   * the jobs of the last {@link recordMissing}, and looks at up to `limit` jobs of all kinds, or fewer when payloads are large. Undefined for a kind
   * of which all jobs were looked at.
   * @throws {RangeError} for a limit that is not from 1 to {@link MAX_BLOBS_AT_ONCE}.
   */
  listUnrecorded(kind: string, limit: number): Promise<UnrecordedJobs | undefined>;
  /** Records references of jobs of `kind`, and that its jobs up to `lastId` were looked at. Deleted jobs are ignored; recording again changes nothing. */
  recordMissing(kind: string, references: MissingReferences): Promise<void>;
  /** What is known of the storage that the keys are in. */
  storage(): Promise<LedgerStorage>;
  /** Notes the id of that storage, for ever: ignored when one is noted. */
  noteStorage(id: string): Promise<void>;
}

/** @throws {RangeError} for a limit out of bounds. */
export function requireBlobLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_BLOBS_AT_ONCE)
    throw new RangeError(`limit must be a whole number from 1 to ${MAX_BLOBS_AT_ONCE}, got ${limit}`);
}
