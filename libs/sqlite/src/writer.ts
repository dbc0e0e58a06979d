import { Worker } from 'node:worker_threads';
import { LeveretError, type Logger, messageOf } from '@leveret/core';
import type { ClockReading } from './clock-operations.ts';
import type { OperationName, Operations } from './operations.ts';
import type { Call, FromWriter, Reply, ToWriter, WriterData } from './protocol.ts';

/** The thread that reads and writes one file, as the main thread sees it. */
export interface Writer {
  /** What the file remembered of time when it was opened. */
  readonly clock: ClockReading;
  /**
   * Has an operation done. What is asked for in one turn of the event loop, and while a commit is under way, is one commit.
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
  readonly logger: Logger;
  /** Told why the file cannot be used, and undefined when something was written to it again. */
  readonly onTrouble: (reason: string | undefined) => void;
}

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the thread of a file. @throws {LeveretError} when the thread cannot open it. */
export async function startWriter({ logger, onTrouble, ...data }: WriterOptions): Promise<Writer> {
  const { worker, clock } = await startThread(data);
  return { clock, ...attachWriter(worker, { file: data.file, logger, onTrouble }) };
}

/** Works with a thread that has opened its file. */
export function attachWriter(
  worker: Worker,
  { file, logger, onTrouble }: Pick<WriterOptions, 'file' | 'logger' | 'onTrouble'>,
): Omit<Writer, 'clock'> {
  const pending = new Map<number, Pending>();
  let queued: Call[] = [];
  let callCount = 0;
  let endedBecause: string | undefined;
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  function receive(reply: Reply): void {
    const waiting = take(reply.call);
    if (reply.ok) return waiting?.resolve(reply.value as never);
    if (reply.isFileFault) onTrouble(reply.message);
    waiting?.reject(new LeveretError(reply.code, reply.message));
  }

  function take(call: number): Pending | undefined {
    const waiting = pending.get(call);
    pending.delete(call);
    return waiting;
  }

  function breakDown(reason: string): void {
    endedBecause ??= reason;
    onTrouble(endedBecause);
    for (const { reject } of pending.values()) reject(new LeveretError('STORE_UNAVAILABLE', endedBecause));
    pending.clear();
  }

  worker.on('message', (message: FromWriter) => {
    if (message.type !== 'replies') return;
    if (message.wrote) onTrouble(undefined);
    for (const call of message.done) take(call)?.resolve(undefined as never);
    for (const reply of message.replies) receive(reply);
  });
  worker.on('error', (error) => {
    logger.error({ file, error: messageOf(error) }, 'the thread of the database died');
    breakDown(`${file}: ${messageOf(error)}`);
  });
  worker.on('exit', () => breakDown(`${file} is closed`));

  function send(calls: readonly Call[]): void {
    worker.postMessage({ type: 'calls', calls } satisfies ToWriter);
  }

  function flush(): void {
    const calls = queued;
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
      const refusal = new TypeError(
        `${call.operation} was given what cannot be stored: ${messageOf(cause)}`,
        {
          cause,
        },
      );
      take(call.call)?.reject(refusal);
    }
  }

  return {
    call(operation, ...args) {
      return new Promise((resolve, reject) => {
        if (endedBecause !== undefined) return reject(new LeveretError('STORE_UNAVAILABLE', endedBecause));
        callCount += 1;
        // At the end of this turn of the event loop: what one turn asks for is one commit.
        if (queued.length === 0) setImmediate(flush);
        queued.push({ call: callCount, operation, args });
        pending.set(callCount, { resolve, reject });
      });
    },
    async end() {
      if (endedBecause === undefined) worker.postMessage({ type: 'close' } satisfies ToWriter);
      await ended;
    },
  };
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
