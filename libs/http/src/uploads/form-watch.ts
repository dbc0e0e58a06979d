import type { IncomingMessage } from 'node:http';
import { type Clock, LeveretError } from '@leveret/core';

/** How a form is watched. */
export interface FormWatchOptions {
  /** Most bytes of the whole form: its file, what stands between, before and after. */
  readonly limitBytes: number;
  readonly clock: Clock;
}

/** Watches a form on its way into its parser, which takes any number of bytes and may stop for ever. */
export interface FormWatch {
  /** Aborts with `UPLOAD_TOO_LARGE` or `REQUEST_INVALID` when the form is to be refused. */
  readonly refused: AbortSignal;
  /** What `work` of the parser resolves with. Rejects when the form is refused, or the parser makes nothing of what is there. */
  progressOf<T>(work: Promise<T>): Promise<T>;
  /** Resolves when the client has sent all of its body; what still comes is dropped, and counted. */
  rest(): Promise<void>;
  stop(): void;
}

/** A parser that has bytes to take, and takes none for so long, in milliseconds, is stuck. */
const STALL_MS = 5_000;

/** Watches the form that `request` carries; begins at once. */
export function watchForm(request: IncomingMessage, { limitBytes, clock }: FormWatchOptions): FormWatch {
  const refusal = new AbortController();
  let takenBytes = 0;

  function count(chunk: Buffer): void {
    takenBytes += chunk.byteLength;
    if (takenBytes > limitBytes) refusal.abort(tooLarge(limitBytes));
  }

  function watchStall(): () => void {
    let seenBytes = takenBytes;
    let cancel = clock.schedule(STALL_MS, look);
    function look(): void {
      const hasMore = request.complete || request.readableLength > 0;
      if (hasMore && takenBytes === seenBytes) return refusal.abort(stuck());
      seenBytes = takenBytes;
      cancel = clock.schedule(STALL_MS, look);
    }
    return () => cancel();
  }

  request.on('data', count);
  return {
    refused: refusal.signal,
    async progressOf(work) {
      const stop = watchStall();
      try {
        return await unlessAborted(work, refusal.signal);
      } finally {
        stop();
      }
    },
    rest() {
      request.unpipe();
      request.resume();
      return unlessAborted(endOf(request), refusal.signal);
    },
    stop: () => void request.off('data', count),
  };
}

/** What `work` resolves with; rejects with the reason of `signal` as soon as that aborts. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function endOf(request: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    if (request.readableEnded) return resolve();
    request.once('end', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new Error('the connection was closed')));
  });
}

function tooLarge(limitBytes: number): LeveretError {
  return new LeveretError('UPLOAD_TOO_LARGE', `the form is larger than ${limitBytes} bytes`, {
    details: { limitBytes },
  });
}

function stuck(): LeveretError {
  return new LeveretError('REQUEST_INVALID', 'the multipart form has a part that is no file');
}
