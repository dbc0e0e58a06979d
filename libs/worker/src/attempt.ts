import { type AttemptResult, type Clock, toFailure } from '@leveret/core';
import { fromThrown } from './attempt-result.ts';
import type { Execution, Executor } from './executor.ts';

/** How long a handler gets to end after its signal aborted, in milliseconds. */
export const ABORT_GRACE_MS = 5_000;

/** An attempt under way. */
export interface Attempt {
  /** How it ended. Settles at the latest when the grace after its abort is over. Never rejects. */
  readonly result: Promise<AttemptResult>;
  /**
   * Settles when the handler has really ended and its slot is free: later than `result` for one that ignores its signal.
   * Never rejects.
   */
  readonly ended: Promise<void>;
  /** Aborts it because the worker stops: unless it still succeeds it is handed back, uncharged. Does nothing after it ended. */
  abort(): void;
}

/** How an attempt is run. */
export interface AttemptOptions {
  /** What it rejects with fails the attempt, as if the handler had thrown it. */
  readonly execute: Executor;
  /** What the handler is given, with how it comes by the signal that will abort it. */
  readonly toExecution: (signal: () => AbortSignal) => Execution;
  /** Milliseconds until its signal aborts. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Called when the handler still runs after the grace. */
  readonly onStuck: () => void;
}

type AbortReason = 'timeout' | 'shutdown';

/** Starts an attempt. */
export function startAttempt({ execute, toExecution, timeoutMs, clock, onStuck }: AttemptOptions): Attempt {
  let controller: AbortController | undefined;
  let abortedFor: AbortReason | undefined;
  let isOver = false;
  let cancelTimer = clock.schedule(timeoutMs, () => abort('timeout'));
  let resolveResult: (result: AttemptResult) => void = () => undefined;
  const result = new Promise<AttemptResult>((resolve) => {
    resolveResult = resolve;
  });
  const ended = run();

  async function run(): Promise<void> {
    let outcome: AttemptResult;
    try {
      outcome = await execute(toExecution(signal));
    } catch (error) {
      outcome = fromThrown(error);
    }
    isOver = true;
    cancelTimer();
    resolveResult(judge(outcome));
  }

  /** Made when first asked for: most handlers are done before they look at it, and it is the dearest part of an attempt. */
  function signal(): AbortSignal {
    controller ??= new AbortController();
    if (abortedFor !== undefined) controller.abort(reasonOf(abortedFor));
    return controller.signal;
  }

  function abort(reason: AbortReason): void {
    if (isOver || abortedFor !== undefined) return;
    abortedFor = reason;
    cancelTimer();
    cancelTimer = clock.schedule(ABORT_GRACE_MS, () => {
      onStuck();
      resolveResult(judge(undefined));
    });
    controller?.abort(reasonOf(reason));
  }

  function reasonOf(reason: AbortReason): Error {
    return new Error(
      reason === 'timeout' ? `the attempt took over ${timeoutMs} ms` : 'the worker is stopping',
    );
  }

  /** Work that was done in spite of the abort counts; a failure, or no end at all, is put down to the abort. */
  function judge(outcome: AttemptResult | undefined): AttemptResult {
    if (outcome !== undefined && (abortedFor === undefined || outcome.kind !== 'failed')) return outcome;
    if (abortedFor === 'shutdown') return { kind: 'handed-back' };
    return { kind: 'failed', failure: toFailure('HANDLER_TIMEOUT', `the attempt took over ${timeoutMs} ms`) };
  }

  return { result, ended, abort: () => abort('shutdown') };
}
