/** What is known of a stored file. */
export interface BlobStat {
  readonly key: string;
  readonly sizeBytes: number;
}

/** What a finished upload amounts to. */
export interface StoredBlob extends BlobStat {
  /** SHA-256 of the bytes, in lower-case hex. */
  readonly sha256: string;
}

/** How bytes are stored. */
export interface PutOptions {
  /** Refuses more bytes than this with `UPLOAD_TOO_LARGE`. */
  readonly maxBytes?: number;
  /** Refuses bytes with another SHA-256 (lower-case hex) with `UPLOAD_DIGEST_MISMATCH`. */
  readonly sha256?: string;
  /**
   * The file is new work: it leaves the last part of the disk (`fileReserveBytes`) for jobs. Refused with `STORAGE_FULL` when
   * the bytes that are expected, 0 if that is not known, or those that come do not. A driver that does not know its disk ignores it.
   */
  readonly newWork?: { readonly expectedBytes: number };
  /** Stops and leaves nothing. */
  readonly signal?: AbortSignal;
}

/** Which bytes of a file are read. */
export interface OpenOptions {
  /** First byte, from 0. */
  readonly start?: number;
  /** Last byte, included; the end of the file when left out. */
  readonly end?: number;
}

/** A file that was found in storage. */
export interface FoundBlob {
  readonly key: string;
  /** When it was last written, in the time of the storage ({@link BlobStore.now}). */
  readonly writtenAt: number;
}

/** What a sweep deletes. */
export interface SweepOptions {
  /** Only what was left behind by {@link BlobStore.put}s that never finished. */
  readonly isUnfinishedOnly?: boolean;
}

/**
 * Stores files under keys: `/`-joined words of letters, digits, `.`, `_` and `-`, none of them `.` or `..`. A reader sees a
 * file whole or not at all.
 * Every method throws {@link LeveretError} `STORAGE_UNAVAILABLE` when the storage fails, and `RangeError` for a bad key.
 */
export interface BlobStore {
  /**
   * Stores what `bytes` yields under `key`, in place of what was there; durable and whole when it resolves, untouched when
   * it throws. Never holds more than a few chunks in memory.
   * @throws {LeveretError} `UPLOAD_TOO_LARGE`, `UPLOAD_DIGEST_MISMATCH`, `STORAGE_FULL`; whatever `bytes` throws, as it is.
   */
  put(key: string, bytes: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredBlob>;
  /** The bytes, as a stream. @throws {LeveretError} `BLOB_NOT_FOUND`. */
  open(key: string, options?: OpenOptions): Promise<AsyncIterable<Uint8Array>>;
  /** Size of the file, or undefined when there is none. */
  stat(key: string): Promise<BlobStat | undefined>;
  /** Renames, in place of what was there; when `from` is gone and `to` exists, it was done before. @throws {LeveretError} `BLOB_NOT_FOUND`. */
  move(from: string, to: string): Promise<void>;
  /** Deletes; nothing happens when there is no such file. */
  delete(key: string): Promise<void>;
  /**
   * Calls `use` with the path of a local file that holds the blob, for libraries that need one. The file is only for
   * reading, and only until `use` has settled.
   * @throws {LeveretError} `BLOB_NOT_FOUND`.
   */
  withLocalFile<T>(key: string, use: (path: string) => Promise<T>): Promise<T>;
  /** The file that has the key `prefix`, and those below it, in no order. A file that is put, moved or deleted meanwhile may be missing. */
  list(prefix: string): AsyncIterable<FoundBlob>;
  /**
   * Deletes files below `prefix` last written over `olderThanMs` ago, and what unfinished puts left behind there; resolves with how many. Ages are
   * in the time of the storage ({@link BlobStore.now}).
   */
  sweep(prefix: string, olderThanMs: number, options?: SweepOptions): Promise<number>;
  /**
   * The time of the storage, in milliseconds since 1970: what a file that is written now gets as its `writtenAt`. Only this time tells how old a file is,
   * because the clock of a process may differ from that of the storage.
   */
  now(): Promise<number>;
}
