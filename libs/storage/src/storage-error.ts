import { type ErrorCode, LeveretError } from '@leveret/core';

/** What a file system says when there is no room: none left, or none left for this user. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** The code of an error of the operating system, such as `ENOENT`; undefined for every other error. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether there is no file at a path: nothing, or one of the folders on the way is a file. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** An error of the file system in our words: `STORAGE_FULL` when there is no room, else `STORAGE_UNAVAILABLE`. */
export function toStorageError(cause: unknown, doing: string): LeveretError {
  if (cause instanceof LeveretError) return cause;
  const system = systemCode(cause);
  const code: ErrorCode = system !== undefined && FULL.has(system) ? 'STORAGE_FULL' : 'STORAGE_UNAVAILABLE';
  return new LeveretError(code, `cannot ${doing}${system === undefined ? '' : `: ${system}`}`, { cause });
}

/** What `work` resolves with. @throws {LeveretError} when it fails: see {@link toStorageError}. */
export async function guarded<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error, doing);
  }
}
