import { type AttemptResult, type Cancel, type Clock, LeveretError, toFailure } from '@leveret/core';
import { fromThrown } from '../handler/attempt-result.ts';
import type { Execution, Executor } from '../handler/executor.ts';

/** How long a handler gets to end after its signal aborted, in milliseconds. */
export const ABORT_GRACE_MS = 5_000;

/** An attempt under way. */
export interface Attempt {
  /**
   * Settles when the handler has really ended and its slot is free: later than its result is told for one that ignores its
   * signal. Never rejects.
   */
  readonly ended: Promise<void>;
  /**
   * Aborts it because the worker stops: unless it still succeeds it is handed back, uncharged. Resolves when its result is told;
   * does nothing after that.
   */
  abort(): Promise<void>;
  /** Aborts it because its job was superseded: whatever it does then, its job does not follow it. Does nothing when it has ended. */
  cancel(): void;
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
  /** Told once how it ended, at the latest when the grace after its abort is over. Must not throw. */
  readonly onResult: (result: AttemptResult) => void;
  /** Called when the handler still runs after the grace. */
  readonly onStuck: () => void;
}

const FAILED: ReadonlySet<AttemptResult['kind']> = new Set(['failed', 'crashed', 'not-understood']);

type AbortReason = 'timeout' | 'shutdown' | 'cancel';

/** Starts an attempt. */
export function startAttempt(options: AttemptOptions): Attempt {
  return new RunningAttempt(options);
}

/** A class and not a handful of functions: one is made for every job. */
class RunningAttempt implements Attempt {
  readonly ended: Promise<void>;
  readonly #options: AttemptOptions;
  #controller: AbortController | undefined;
  #abortedFor: AbortReason | undefined;
  #isOver = false;
  #isTold = false;
  #cancelTimer: Cancel;
  #noteTold: (() => void) | undefined;
  #told: Promise<void> | undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#cancelTimer = options.clock.schedule(options.timeoutMs, () => this.#abortFor('timeout'));
    this.ended = this.#run();
  }

  abort(): Promise<void> {
    this.#abortFor('shutdown');
    if (this.#isTold) return Promise.resolve();
    this.#told ??= new Promise((resolve) => {
      this.#noteTold = resolve;
    });
    return this.#told;
  }

  cancel(): void {
    this.#abortFor('cancel');
  }

  async #run(): Promise<void> {
    const { execute, toExecution } = this.#options;
    let outcome: AttemptResult;
    try {
      outcome = await execute(toExecution(this.#signal));
    } catch (error) {
      outcome = fromThrown(error);
    }
    this.#isOver = true;
    this.#cancelTimer();
    this.#tell(outcome);
  }

  /** Made when first asked for: most handlers are done before they look at it, and it is the dearest part of an attempt. */
  readonly #signal = (): AbortSignal => {
    this.#controller ??= new AbortController();
    if (this.#abortedFor !== undefined) this.#controller.abort(this.#reasonOf(this.#abortedFor));
    return this.#controller.signal;
  };

  #abortFor(reason: AbortReason): void {
    if (this.#isOver || this.#abortedFor !== undefined) return;
    const { clock, onStuck } = this.#options;
    this.#abortedFor = reason;
    this.#cancelTimer();
    this.#cancelTimer = clock.schedule(ABORT_GRACE_MS, () => {
      onStuck();
      this.#tell(undefined);
    });
    this.#controller?.abort(this.#reasonOf(reason));
  }

  #reasonOf(reason: AbortReason): LeveretError {
    switch (reason) {
      case 'timeout':
        return new LeveretError('HANDLER_TIMEOUT', `the attempt took over ${this.#options.timeoutMs} ms`);
      case 'shutdown':
        return new LeveretError('SHUTTING_DOWN', 'the worker is stopping');
      case 'cancel':
        return new LeveretError('JOB_CANCELLED', 'the job was cancelled, or runs again, on request');
    }
  }

  #tell(outcome: AttemptResult | undefined): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.onResult(this.#judge(outcome));
    this.#noteTold?.();
  }

  /**
   * Work that was done in spite of the abort counts; a failure, or no end at all, is put down to the abort. Of a job that was cancelled,
   * nothing else counts: a retry or a snooze would bring its message back. A handler that could not be
   * loaded in time is not the fault of its job.
   */
  #judge(outcome: AttemptResult | undefined): AttemptResult {
    if (this.#abortedFor === 'cancel' && outcome?.kind !== 'succeeded') return { kind: 'cancelled' };
    const hasFailed = outcome === undefined || FAILED.has(outcome.kind);
    if (outcome !== undefined && (this.#abortedFor === undefined || !hasFailed)) return outcome;
    if (this.#abortedFor === 'shutdown') return { kind: 'handed-back' };
    if (outcome?.kind === 'not-understood') return outcome;
    const reason = `the attempt took over ${this.#options.timeoutMs} ms`;
    return { kind: 'failed', failure: toFailure('HANDLER_TIMEOUT', reason) };
  }
}
