import { type ChildProcess, spawn } from 'node:child_process';
import { type AttemptResult, LeveretError, messageOf, toFailure } from '@leveret/core';
import type { ChildCommand } from './child-command.ts';
import type { DefinitionReference, FromChild, HandlerReference, ToChild } from './child-protocol.ts';
import type { Execution } from './executor.ts';

/** How much of a child's standard error is kept for the log, in characters. */
const STDERR_TAIL = 2_000;

/** A child process that runs one job at a time. */
export interface Child {
  readonly pid: number | undefined;
  /** Jobs it has run to their end. */
  readonly jobCount: number;
  /** Resident memory after its last job, in bytes. */
  readonly rssBytes: number;
  /** Runs one job; `WORKER_CRASHED` when the process dies over it. Never rejects. One at a time. */
  run(handler: HandlerReference, execution: Execution): Promise<AttemptResult>;
  /** Kills it and everything it started, at once. Safe to call twice. */
  kill(): void;
  /** Settles when the process is gone. */
  readonly gone: Promise<void>;
}

interface Run {
  readonly execution: Execution;
  readonly resolve: (result: AttemptResult) => void;
}

/** Starts a child in a process group of its own, with `env` as its whole environment. */
export function startChild({ command, args }: ChildCommand, env: Readonly<Record<string, string>>): Child {
  const childProcess = spawn(command, args, {
    env,
    detached: true,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let current: Run | undefined;
  let jobCount = 0;
  let rssBytes = 0;
  let stderr = '';

  childProcess.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL);
  });
  childProcess.on('message', (message: FromChild) => {
    if (current === undefined) return;
    if (message.type === 'ended') {
      jobCount += 1;
      rssBytes = message.rssBytes;
      finish(message.result);
    } else relay(childProcess, message, current.execution);
  });
  const gone = new Promise<void>((resolve) => {
    const die = (how: string) => {
      if (current !== undefined && stderr !== '') {
        current.execution.log.warn({ stderr, pid: childProcess.pid }, 'last words of the child process');
      }
      finish({
        kind: 'failed',
        failure: toFailure('WORKER_CRASHED', `the process that ran the handler ${how}`),
      });
      resolve();
    };
    childProcess.once('error', (error) => die(`could not be used: ${error.message}`));
    childProcess.once('exit', (code, signal) =>
      die(signal === null ? `ended with code ${code}` : `was killed by ${signal}`),
    );
  });

  function finish(result: AttemptResult): void {
    const run = current;
    current = undefined;
    run?.resolve(result);
  }

  return {
    get pid() {
      return childProcess.pid;
    },
    get jobCount() {
      return jobCount;
    },
    get rssBytes() {
      return rssBytes;
    },
    run(handler, execution) {
      return new Promise((resolve) => {
        current = { execution, resolve };
        const { job, payload, signal } = execution;
        send(childProcess, { type: 'run', handler, job, payload }, (error) => {
          finish({
            kind: 'failed',
            failure: toFailure('WORKER_CRASHED', `the job could not be handed over: ${error.message}`),
          });
        });
        const abort = () => send(childProcess, { type: 'abort', message: messageOf(signal.reason) });
        signal.addEventListener('abort', abort, { once: true });
      });
    },
    kill: () => killGroup(childProcess),
    gone,
  };
}

/** Sends to a child that may be gone: its exit tells what matters. */
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

function relay(
  child: ChildProcess,
  message: Exclude<FromChild, { type: 'ended' }>,
  { log, progress, enqueue }: Execution,
): void {
  switch (message.type) {
    case 'progress':
      return progress(message.done);
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

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone, or this platform has none: then there is only the process itself.
    child.kill('SIGKILL');
  }
}
