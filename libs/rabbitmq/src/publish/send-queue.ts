import { createFifo } from '@leveret/core';
import { type Entry, sizeOf } from '../codec/sending.ts';

/** Messages that may wait, and what their bodies may take together, in bytes: beyond that the broker is too slow for its producers. */
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 16_777_216;

/** Messages that wait to be sent for the first time, in their order. */
export interface SendQueue {
  push(entry: Entry): void;
  shift(): Entry | undefined;
  peek(): Entry | undefined;
  size(): number;
  /** Whether no more should be taken. */
  isFull(): boolean;
}

/** Creates an empty queue. */
export function createSendQueue(): SendQueue {
  const waiting = createFifo<Entry>();
  let sizeBytes = 0;
  return {
    push(entry) {
      waiting.push(entry);
      sizeBytes += sizeOf(entry);
    },
    shift() {
      const entry = waiting.shift();
      if (entry !== undefined) sizeBytes -= sizeOf(entry);
      return entry;
    },
    peek: waiting.peek,
    size: waiting.size,
    isFull: () => waiting.size() >= MAX_WAITING || sizeBytes >= MAX_WAITING_BYTES,
  };
}
