import type { ServerResponse } from 'node:http';
import type { Cancel, Clock } from '@leveret/core';

/** A follower with more bytes that it has not read is cut. */
const MAX_BUFFERED_BYTES = 256 * 1_024;
/** A follower that has not read what was sent for so long, in milliseconds, is cut. */
const MAX_BLOCKED_MS = 10_000;

/** A client that reads a stream of server-sent events. */
export interface Follower {
  /** Sends text. A client that does not read is cut; nothing is sent to one that has gone. */
  send(text: string): void;
  /** Ends the stream in good order. Safe to call twice. */
  end(): void;
  /** Calls `onGone` once when the client has gone or its stream has ended; immediately when that is so already. */
  onGone(onGone: () => void): void;
}

/** The client of a response whose head is written. */
export function createFollower(response: ServerResponse, clock: Clock): Follower {
  let cancelCut: Cancel | undefined;

  function clear(): void {
    cancelCut?.();
    cancelCut = undefined;
  }

  function cutLater(): void {
    cancelCut ??= clock.schedule(MAX_BLOCKED_MS, () => response.destroy());
  }

  response.on('drain', clear);
  response.once('close', clear);
  // A client that goes away resets the connection.
  response.on('error', clear);

  return {
    send(text) {
      if (response.destroyed || response.writableEnded) return;
      // What waits from before: that a message is large is not the fault of its reader.
      if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy();
      else if (!response.write(text)) cutLater();
    },
    end() {
      if (response.destroyed || response.writableEnded) return;
      response.end();
      // A client that reads nothing would never let it end.
      cutLater();
    },
    onGone(onGone) {
      if (response.destroyed) onGone();
      else response.once('close', onGone);
    },
  };
}
