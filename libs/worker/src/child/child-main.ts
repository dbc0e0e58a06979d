import {
  type AttemptResult,
  type ChildOptions,
  failureOf,
  type JobDefinition,
  type JobHandler,
  LeveretError,
  type LogFields,
  type Logger,
  type LogLevel,
  messageOf,
  payloadToSend,
  toProgressReport,
} from '@leveret/core';
import { fromThrown } from '../handler/attempt-result.ts';
import { createInlineExecutor } from '../handler/inline-executor.ts';
import { type HandlerReference, loadHandler } from '../handler/load-handler.ts';
import type { ChildNews, ToChild } from './child-protocol.ts';

/** The entry of a pooled child process: runs one job at a time, as its parent says, and ends with its parent. */

interface PendingCall {
  readonly resolve: (id: string) => void;
  readonly reject: (error: Error) => void;
}

type RunOrder = Extract<ToChild, { type: 'run' }>;

/** Tells the parent something about one run. @throws when it cannot be cloned. */
type Tell = (news: ChildNews) => void;

const handlers = new Map<string, JobHandler>();
const calls = new Map<number, PendingCall>();
let callCount = 0;
let current = { run: 0, aborting: new AbortController() };

/** Whatever a handler does later, it does in the name of its own run. */
function tellOf(run: number): Tell {
  return (news) => {
    process.send?.({ ...news, run });
  };
}

async function load(reference: HandlerReference): Promise<void> {
  try {
    handlers.set(keyOf(reference), await loadHandler(reference));
    process.send?.({ type: 'loaded' });
  } catch (error) {
    process.send?.({ type: 'loaded', failure: failureOf(error, 'HANDLER_NOT_LOADED') });
  }
}

function handlerOf(reference: HandlerReference): JobHandler {
  const handler = handlers.get(keyOf(reference));
  if (handler === undefined) throw new TypeError(`${reference.module} was not loaded`);
  return handler;
}

function keyOf(reference: HandlerReference): string {
  return JSON.stringify(reference);
}

function createParentLogger(tell: Tell, base: LogFields): Logger {
  const at = (level: LogLevel) => (fields: LogFields, message: string) => {
    try {
      tell({ type: 'log', level, fields: { ...base, ...fields }, message });
    } catch (error) {
      // A line that cannot be handed over must not fail the job.
      tell({ type: 'log', level, fields: { unclonable: messageOf(error) }, message: messageOf(message) });
    }
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => createParentLogger(tell, { ...base, ...fields }),
  };
}

async function enqueue(
  tell: Tell,
  definition: JobDefinition,
  payload: unknown,
  options: ChildOptions,
): Promise<string> {
  const sent = await payloadToSend(definition, payload);
  const { kind, queue, retry, priority, tags, timeoutMs, history, redact } = definition;
  callCount += 1;
  const call = callCount;
  tell({
    type: 'enqueue',
    call,
    definition: { kind, queue, retry, priority, tags, timeoutMs, history, redact },
    payload: sent,
    options,
  });
  return await new Promise<string>((resolve, reject) => calls.set(call, { resolve, reject }));
}

async function execute(
  { handler, job, payload }: RunOrder,
  tell: Tell,
  signal: AbortSignal,
): Promise<AttemptResult> {
  try {
    return await createInlineExecutor(handlerOf(handler))({
      job,
      payload,
      signal,
      log: createParentLogger(tell, {}),
      progress: (given) => tell({ type: 'progress', report: toProgressReport(given) }),
      enqueue(child, childPayload, options) {
        const accepted = enqueue(tell, child, childPayload, options);
        // Whoever goes on after the end of the job awaits nothing: the process, which others use, must not die of it.
        accepted.catch(() => undefined);
        return accepted;
      },
    });
  } catch (error) {
    return fromThrown(error);
  }
}

async function run(order: RunOrder): Promise<void> {
  const aborting = new AbortController();
  current = { run: order.run, aborting };
  const tell = tellOf(order.run);
  const ended = await execute(order, tell, aborting.signal);
  // What was thrown may be of any kind, and need not be fit for another process.
  const result = ended.kind === 'failed' ? { kind: ended.kind, failure: ended.failure } : ended;
  tell({ type: 'ended', result, rssBytes: process.memoryUsage.rss() });
}

function obey(message: ToChild): void {
  switch (message.type) {
    case 'load':
      load(message.handler).catch((error: unknown) => {
        throw error;
      });
      return;
    case 'run':
      // `run` turns every failure of the handler into its result: what still rejects is a bug, and ends the process.
      run(message).catch((error: unknown) => {
        throw error;
      });
      return;
    case 'abort':
      if (message.run === current.run)
        current.aborting.abort(new LeveretError(message.code, message.message));
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
