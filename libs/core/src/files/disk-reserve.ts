/** How much of a disk is kept for finishing what was accepted, in bytes; of a small disk a quarter. */
const RESERVE_BYTES = 64 * 1024 * 1024;

/** The room of a disk. */
export interface DiskRoom {
  /** What this user may still write to it, in bytes. */
  readonly freeBytes: number;
  /** Its size, in bytes. */
  readonly totalBytes: number;
}

/** How much of a disk new jobs leave for finishing what was accepted, in bytes. */
export function diskReserveBytes({ totalBytes }: Pick<DiskRoom, 'totalBytes'>): number {
  return Math.min(RESERVE_BYTES, totalBytes / 4);
}

/** How much of a disk new files leave, in bytes: twice as much, so that uploads do not keep small jobs such as emails from being accepted. */
export function fileReserveBytes(room: Pick<DiskRoom, 'totalBytes'>): number {
  return 2 * diskReserveBytes(room);
}

/** That a disk is too full because so many bytes are kept, in words. */
export function toFullDiskWords({ freeBytes }: Pick<DiskRoom, 'freeBytes'>, reserveBytes: number): string {
  return `the disk is nearly full: ${inMebibytes(freeBytes)} are free and ${inMebibytes(reserveBytes)} are kept for finishing jobs`;
}

/** So many bytes as people read them. */
export function inMebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
