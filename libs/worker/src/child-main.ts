import {
  type AttemptResult,
  type ChildOptions,
  type JobDefinition,
  type JobHandler,
  LeveretError,
  type LogFields,
  type Logger,
  validatePayload,
} from '@leveret/core';
import { fromThrown } from './attempt-result.ts';
import type { FromChild, HandlerReference, LogLevel, ToChild } from './child-protocol.ts';
import { createInlineExecutor } from './inline-executor.ts';
import { loadHandler } from './registration.ts';

/** The entry of a pooled child process: runs one job at a time, as its parent says, and ends with its parent. */

interface PendingCall {
  readonly resolve: (id: string) => void;
  readonly reject: (error: Error) => void;
}

type RunOrder = Extract<ToChild, { type: 'run' }>;

const handlers = new Map<string, Promise<JobHandler>>();
const calls = new Map<number, PendingCall>();
let callCount = 0;
let aborting = new AbortController();

function tell(message: FromChild): void {
  process.send?.(message);
}

function handlerOf(reference: HandlerReference): Promise<JobHandler> {
  const key = JSON.stringify(reference);
  const loaded = handlers.get(key) ?? loadHandler(reference);
  handlers.set(key, loaded);
  return loaded;
}

function createParentLogger(base: LogFields): Logger {
  const at = (level: LogLevel) => (fields: LogFields, message: string) =>
    tell({ type: 'log', level, fields: { ...base, ...fields }, message });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => createParentLogger({ ...base, ...fields }),
  };
}

async function enqueue(definition: JobDefinition, payload: unknown, options: ChildOptions): Promise<string> {
  await validatePayload(definition, payload);
  const { kind, queue, retry, timeoutMs } = definition;
  callCount += 1;
  const call = callCount;
  tell({ type: 'enqueue', call, definition: { kind, queue, retry, timeoutMs }, payload, options });
  return await new Promise<string>((resolve, reject) => calls.set(call, { resolve, reject }));
}

async function execute({ handler, job, payload }: RunOrder, signal: AbortSignal): Promise<AttemptResult> {
  try {
    const loaded = await handlerOf(handler);
    signal.throwIfAborted();
    const progress = (done: number) => tell({ type: 'progress', done });
    return await createInlineExecutor(loaded)({
      job,
      payload,
      signal,
      log: createParentLogger({}),
      progress,
      enqueue,
    });
  } catch (error) {
    return fromThrown(error);
  }
}

async function run(order: RunOrder): Promise<void> {
  aborting = new AbortController();
  const result = await execute(order, aborting.signal);
  tell({ type: 'ended', result, rssBytes: process.memoryUsage.rss() });
}

function obey(message: ToChild): void {
  switch (message.type) {
    case 'run':
      // `run` turns every failure of the handler into its result: what still rejects is a bug, and ends the process.
      run(message).catch((error: unknown) => {
        throw error;
      });
      return;
    case 'abort':
      aborting.abort(new Error(message.message));
      return;
    case 'enqueued':
      calls.get(message.call)?.resolve(message.id);
      calls.delete(message.call);
      return;
    case 'enqueue-failed':
      calls.get(message.call)?.reject(new LeveretError(message.code, message.message));
      calls.delete(message.call);
  }
}

process.on('message', obey);
process.on('disconnect', () => process.exit(0));
// A terminal sends its interrupt to the whole process group: only the parent decides when a child ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
