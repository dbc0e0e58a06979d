import { type ChildProcess, spawn } from 'node:child_process';
import {
  type AttemptResult,
  type Failure,
  LeveretError,
  type Logger,
  leveretCodeOf,
  messageOf,
  toFailure,
} from '@leveret/core';
import type { Execution } from '../handler/executor.ts';
import type { HandlerReference } from '../handler/load-handler.ts';
import type { ChildCommand } from './child-command.ts';
import type { ChildNews, DefinitionReference, FromChild, ToChild } from './child-protocol.ts';

/** How much of a child's standard error is kept, in characters: V8 writes a long trace when it runs out of memory. */
const STDERR_TAIL = 16_000;
/** How much of it goes to the log, in characters. */
const LAST_WORDS = 2_000;
/** What V8 writes before it ends a process that needs more than `--max-old-space-size`. */
const HEAP_EXHAUSTED = 'JavaScript heap out of memory';
const HEAP_FAILURE = toFailure(
  'MEMORY_EXCEEDED',
  'the handler needed more memory for JavaScript objects than its process may use',
);

/** A child process that runs one job at a time. */
export interface Child {
  readonly pid: number | undefined;
  /** Whether it can be given a job. */
  readonly usable: boolean;
  /** Jobs it has run to their end. */
  readonly jobCount: number;
  /** Resident memory after its last job, in bytes. */
  readonly rssBytes: number;
  /** Loads a handler, unless it is loaded already. Resolves with the reason why it cannot be loaded. Never rejects. One at a time. */
  load(handler: HandlerReference, log: Logger): Promise<Failure | undefined>;
  /**
   * Runs one job, after loading its handler; the job is `not-understood` when that fails. It has `crashed` when the process dies over it, and failed with `PAYLOAD_INVALID` when the payload cannot be handed over:
   * another attempt would fail, too. Never rejects. One at a time.
   */
  run(handler: HandlerReference, execution: Execution): Promise<AttemptResult>;
  /**
   * Kills it and everything it started, at once. What it runs fails with `failure`, or else has crashed; what it loads cannot be loaded.
   * Safe to call twice.
   */
  kill(failure?: Failure): void;
  /** Settles when the process is gone, and with it everything it started. */
  readonly gone: Promise<void>;
}

/** What a child is loading. */
interface Load {
  readonly log: Logger;
  readonly resolve: (failure: Failure | undefined) => void;
}

interface Run {
  readonly number: number;
  readonly execution: Execution;
  readonly resolve: (result: AttemptResult) => void;
}

/**
 * Starts a child in a process group of its own, with `env` as its whole environment; with its parent's when left out. `whyKilled` is asked
 * when it has ended: its job fails with the answer.
 */
export function startChild(
  { command, args }: ChildCommand,
  env: Readonly<Record<string, string>> | undefined,
  whyKilled: () => Failure | undefined,
): Child {
  const childProcess = spawn(command, args, {
    ...(env === undefined ? {} : { env }),
    detached: true,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const loaded = new Set<string>();
  let loading: Load | undefined;
  let current: Run | undefined;
  let runCount = 0;
  let jobCount = 0;
  let rssBytes = 0;
  let stderr = '';
  let isKilled = false;
  let killedFor: Failure | undefined;

  childProcess.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL);
  });
  childProcess.on('message', (message: FromChild) => {
    if (message.type === 'loaded') return endLoad(message.failure);
    if (message.run !== current?.number) return refuse(childProcess, message);
    if (message.type === 'ended') {
      jobCount += 1;
      rssBytes = message.rssBytes;
      finish(message.result);
    } else relay(childProcess, message, current.execution);
  });
  const gone = new Promise<void>((resolve) => {
    childProcess.on('error', (error) => {
      if (childProcess.pid !== undefined) {
        crash(`could not be used: ${error.message}`);
        return killGroup(childProcess);
      }
      // Nothing has run, so the job has killed nothing.
      fail(toFailure('WORKER_CRASHED', `no process could be started for the handler: ${error.message}`));
      resolve();
    });
    childProcess.once('exit', (code, signal) => {
      // Its process group outlives it: what it started would go on, and nobody would know.
      killGroup(childProcess);
      killedFor ??= whyKilled();
      if (signal === 'SIGABRT' && stderr.includes(HEAP_EXHAUSTED)) killedFor ??= HEAP_FAILURE;
      if (killedFor !== undefined) fail(killedFor);
      else crash(signal === null ? `ended with code ${code}` : `was killed by ${signal}`);
      resolve();
    });
  });

  function crash(how: string): void {
    if (stderr !== '') {
      const log = loading?.log ?? current?.execution.log;
      log?.warn(
        { stderr: stderr.slice(-LAST_WORDS), pid: childProcess.pid },
        'stderr of the crashed child process',
      );
    }
    endLoad(toFailure('HANDLER_NOT_LOADED', `the process that loaded the handler ${how}`));
    finish({
      kind: 'crashed',
      failure: toFailure('WORKER_CRASHED', `the process that ran the handler ${how}`),
    });
  }

  function fail(failure: Failure): void {
    endLoad(failure);
    finish({ kind: 'failed', failure });
  }

  function finish(result: AttemptResult): void {
    const run = current;
    current = undefined;
    run?.resolve(result);
  }

  function endLoad(failure?: Failure): void {
    const load = loading;
    loading = undefined;
    load?.resolve(failure);
  }

  async function load(handler: HandlerReference, log: Logger): Promise<Failure | undefined> {
    const key = JSON.stringify(handler);
    if (loaded.has(key)) return undefined;
    stderr = '';
    const failure = await new Promise<Failure | undefined>((resolve) => {
      loading = { log, resolve };
      send(childProcess, { type: 'load', handler }, (error) => crash(`is unusable: ${error.message}`));
    });
    if (failure === undefined) loaded.add(key);
    return failure;
  }

  function handOver(run: number, handler: HandlerReference, { job, payload, signal }: Execution): void {
    try {
      send(childProcess, { type: 'run', run, handler, job, payload }, (error) =>
        crash(`could not be given the job: ${error.message}`),
      );
    } catch {
      // What cannot be cloned is quoted in the error: it is part of the payload.
      return fail(
        toFailure(
          'PAYLOAD_INVALID',
          'what the schema makes of the payload cannot be handed to a child process',
        ),
      );
    }
    const abort = () => {
      const code = leveretCodeOf(signal.reason) ?? 'INTERNAL';
      send(childProcess, { type: 'abort', run, code, message: messageOf(signal.reason) });
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }

  return {
    get pid() {
      return childProcess.pid;
    },
    get usable() {
      return childProcess.connected && !isKilled && !isGone(childProcess);
    },
    get jobCount() {
      return jobCount;
    },
    get rssBytes() {
      return rssBytes;
    },
    load,
    async run(handler, execution) {
      const failure = await load(handler, execution.log);
      if (failure !== undefined) {
        const kind = failure.code === 'HANDLER_NOT_LOADED' ? 'not-understood' : 'failed';
        return { kind, failure };
      }
      return await new Promise((resolve) => {
        stderr = '';
        runCount += 1;
        current = { number: runCount, execution, resolve };
        handOver(runCount, handler, execution);
      });
    },
    kill(failure) {
      killedFor ??= failure;
      isKilled = true;
      if (!isGone(childProcess)) killGroup(childProcess);
    },
    gone,
  };
}

/** Sends to a child that may be gone: its exit is handled elsewhere. @throws when `message` cannot be cloned. */
function send(
  child: ChildProcess,
  message: ToChild,
  onError: (error: Error) => void = () => undefined,
): void {
  if (!child.connected) return onError(new Error('the process is gone'));
  child.send(message, (error) => {
    if (error) onError(error);
  });
}

/** A handler went on after its job had ended: the next job of the process has nothing to do with it. */
function refuse(child: ChildProcess, message: FromChild): void {
  if (message.type !== 'enqueue') return;
  const { call } = message;
  send(child, {
    type: 'enqueue-failed',
    call,
    code: 'INTERNAL',
    message: 'the job has ended: it enqueues no more',
  });
}

function relay(
  child: ChildProcess,
  message: Exclude<ChildNews, { type: 'ended' }>,
  { log, progress, enqueue }: Execution,
): void {
  switch (message.type) {
    case 'progress':
      return progress(message.report);
    case 'log':
      return log[message.level](message.fields, message.message);
    case 'enqueue': {
      const { call, definition, payload, options } = message;
      enqueue(toDefinition(definition), payload, options).then(
        (id) => send(child, { type: 'enqueued', call, id }),
        (error: unknown) => {
          const code = error instanceof LeveretError ? error.code : 'INTERNAL';
          send(child, { type: 'enqueue-failed', call, code, message: messageOf(error) });
        },
      );
    }
  }
}

/** A definition for a payload that was validated on the other side of the process boundary. */
function toDefinition(reference: DefinitionReference) {
  return {
    ...reference,
    payload: {
      '~standard': { version: 1 as const, vendor: 'leveret', validate: (value: unknown) => ({ value }) },
    },
  };
}

function isGone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Kills the process, and what it has started and not put into a group of its own. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone, or this platform has none: then there is only the process itself.
    child.kill('SIGKILL');
  }
}
