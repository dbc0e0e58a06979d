import type { LedgerEntry } from '@leveret/core';

/** Most jobs that are sent, or checked, in one go. */
export const SLICE_SIZE = 1_000;
/** Most that the payloads sent in one go take together, in bytes; one job may take more. */
const SLICE_BYTES = 4_194_304;

/** The jobs in their order, in as many at a time as one deadline is meant for. */
export function* slicesOf(entries: readonly LedgerEntry[]): Generator<readonly LedgerEntry[]> {
  let from = 0;
  let sizeBytes = 0;
  for (const [index, { outgoing }] of entries.entries()) {
    const { byteLength } = outgoing.message.body;
    const isFull = index - from === SLICE_SIZE || sizeBytes + byteLength > SLICE_BYTES;
    if (isFull && index > from) {
      yield entries.slice(from, index);
      from = index;
      sizeBytes = 0;
    }
    sizeBytes += byteLength;
  }
  if (from < entries.length) yield entries.slice(from);
}

/** What the payloads of jobs take together, in bytes. */
export function sizeOf(entries: readonly LedgerEntry[]): number {
  let sizeBytes = 0;
  for (const { outgoing } of entries) sizeBytes += outgoing.message.body.byteLength;
  return sizeBytes;
}

/** Lets whatever else waits for this thread have its turn. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
