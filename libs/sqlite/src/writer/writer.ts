import { Worker } from 'node:worker_threads';
import {
  type Clock,
  type ErrorCode,
  LeveretError,
  type Logger,
  messageOf,
  type PublishOutcome,
} from '@leveret/core';
import type { ClockReading } from '../file/clock-operations.ts';
import type { OperationName, Operations } from '../operations/operations.ts';
import { joinBytes } from './joined-bytes.ts';
import type { Call, FailedReply, FromWriter, ToWriter, WriterData } from './protocol.ts';

/**
 * So many calls of one turn go ahead when the thread has nothing to do, so that it commits them while this thread still makes the
 * others: with 100 producers at work that is a quarter to a third more.
 */
const HEAD_START_CALLS = 50;
/** When the last lot that wrote took longer than this, in milliseconds, the disk is taken to be slow: there a second commit costs more than working at once saves. */
const QUICK_MS = 4;

/** The thread that reads and writes one file, as the main thread sees it. */
export interface Writer {
  /** What the file remembered of time when it was opened. */
  readonly clock: ClockReading;
  /**
   * Has an operation done. What is asked for in one turn of the event loop, and while a commit is under way, is one commit; or two,
   * where it is much.
   * @throws {LeveretError} `STORE_UNAVAILABLE` when it could not be done, or the thread is gone.
   * @throws {TypeError} when an argument cannot be handed to another thread.
   */
  call<Name extends OperationName>(
    operation: Name,
    ...args: Parameters<Operations[Name]>
  ): Promise<ReturnType<Operations[Name]>>;
  /** Ends the thread; resolves when it is gone, at once if it already was. */
  end(): Promise<void>;
}

/** What a writer is started with. */
export interface WriterOptions extends WriterData {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told why the file cannot be used, and undefined when something was written to it again. */
  readonly onTrouble: (reason: string | undefined) => void;
  /** Told why no new jobs are stored from now on, and undefined when they are again. */
  readonly onShortage: (reason: string | undefined) => void;
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the thread of a file. @throws {LeveretError} when the thread cannot open it. */
export async function startWriter(options: WriterOptions): Promise<Writer> {
  const { file, bellFile, busyTimeoutMs } = options;
  const { worker, clock } = await startThread({ file, bellFile, busyTimeoutMs });
  return { clock, ...attachWriter(worker, options) };
}

/** Works with a thread that has opened its file. */
export function attachWriter(
  worker: Worker,
  {
    file,
    clock,
    logger,
    onTrouble,
    onShortage,
  }: Pick<WriterOptions, 'file' | 'clock' | 'logger' | 'onTrouble' | 'onShortage'>,
): Omit<Writer, 'clock'> {
  const pending = new Map<number, Pending>();
  let queued: Call[] = [];
  let callCount = 0;
  let sentAt = 0;
  let lastTookMs = Number.POSITIVE_INFINITY;
  let endedBecause: string | undefined;
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  function receiveFailure({ call, code, message, isFileFault }: FailedReply): void {
    if (isFileFault) onTrouble(message);
    take(call)?.reject(failureOf(code, message, 'not-stored'));
  }

  function take(call: number): Pending | undefined {
    const waiting = pending.get(call);
    pending.delete(call);
    return waiting;
  }

  function breakDown(reason: string): void {
    endedBecause ??= reason;
    onTrouble(endedBecause);
    const error = failureOf('STORE_UNAVAILABLE', endedBecause, 'unknown');
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  }

  worker.on('message', (message: FromWriter) => {
    if (message.type === 'shortage') onShortage(message.reason);
    if (message.type !== 'replies') return;
    if (message.wrote) {
      lastTookMs = clock.monotonic() - sentAt;
      onTrouble(undefined);
    }
    for (const call of message.done) take(call)?.resolve(undefined as never);
    const { values } = message;
    for (let index = 0; index < values.length; index += 2)
      take(values[index] as number)?.resolve(values[index + 1] as never);
    for (const failure of message.failures) receiveFailure(failure);
  });
  worker.on('error', (error) => {
    logger.error({ file, error: messageOf(error) }, 'the thread of the database died');
    breakDown(`${file}: ${messageOf(error)}`);
  });
  worker.on('exit', () => breakDown(`${file} is closed`));

  function send(calls: readonly Call[]): void {
    sentAt = clock.monotonic();
    joinBytes(calls);
    worker.postMessage({ type: 'calls', calls } satisfies ToWriter);
  }

  function flush(): void {
    const calls = queued;
    if (calls.length === 0) return;
    queued = [];
    try {
      send(calls);
    } catch {
      for (const call of calls) sendAlone(call);
    }
  }

  /** What cannot be handed over harms nobody else. */
  function sendAlone(call: Call): void {
    try {
      send([call]);
    } catch (cause) {
      const [number, operation] = call;
      const refusal = new TypeError(`${operation} was given what cannot be stored: ${messageOf(cause)}`, {
        cause,
      });
      take(number)?.reject(refusal);
    }
  }

  return {
    call(operation, ...args) {
      return new Promise((resolve, reject) => {
        if (endedBecause !== undefined)
          return reject(failureOf('STORE_UNAVAILABLE', endedBecause, 'not-stored'));
        callCount += 1;
        if (queued.length === 0) setImmediate(flush);
        queued.push([callCount, operation, args]);
        pending.set(callCount, { resolve, reject });
        const isIdle = pending.size === queued.length;
        if (queued.length === HEAD_START_CALLS && isIdle && lastTookMs < QUICK_MS) flush();
      });
    },
    async end() {
      if (endedBecause === undefined) worker.postMessage({ type: 'close' } satisfies ToWriter);
      await ended;
    },
  };
}

function failureOf(code: ErrorCode, message: string, outcome: PublishOutcome): LeveretError {
  return new LeveretError(code, message, { details: { outcome } });
}

function startThread(data: WriterData): Promise<{ readonly worker: Worker; readonly clock: ClockReading }> {
  const entry = new URL(
    import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js',
    import.meta.url,
  );
  return new Promise((resolve, reject) => {
    const worker = new Worker(entry, { workerData: data });
    worker.once('error', reject);
    worker.once('message', (message: FromWriter) => {
      worker.off('error', reject);
      if (message.type === 'open') return resolve({ worker, clock: message.clock });
      const reason = message.type === 'failed' ? message : undefined;
      reject(new LeveretError(reason?.code ?? 'STORE_UNAVAILABLE', reason?.message ?? data.file));
      worker.terminate().catch(reject);
    });
  });
}
