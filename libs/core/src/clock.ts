/** Cancels what was scheduled; safe to call twice and after it ran. */
export type Cancel = () => void;

/** The one home of time. Everything that waits or reads the time is handed a clock, so that tests can turn it by hand. */
export interface Clock {
  /** Wall time in milliseconds since 1970. To store and to show; never compared between machines. */
  now(): number;
  /** Milliseconds since an arbitrary moment; never jumps. To measure durations. */
  monotonic(): number;
  /** Calls `run` once, `delayMs` from now (negative counts as 0). Keeps the process alive until then. */
  schedule(delayMs: number, run: () => void): Cancel;
}

/** The longest delay a Node timer can hold, 24.8 days; longer ones fire at once. Source: Node.js documentation of `setTimeout`. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, run) {
    if (delayMs > LONGEST_TIMER_MS) return scheduleLong(delayMs, run);
    const timer = setTimeout(run, Math.max(delayMs, 0));
    return () => clearTimeout(timer);
  },
};

/** One timer after the other, until all of the delay is over. */
function scheduleLong(delayMs: number, run: () => void): Cancel {
  const next = () => {
    cancel = systemClock.schedule(delayMs - LONGEST_TIMER_MS, run);
  };
  let cancel = systemClock.schedule(LONGEST_TIMER_MS, next);
  return () => cancel();
}

/**
 * Resolves after `delayMs`, or as soon as `signal` aborts: look at the signal to tell which. Never rejects.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.schedule(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/**
 * The outcome of `work`, or a rejection with `timeoutError()` when it takes longer than `timeoutMs`.
 * The work itself is not stopped; its late outcome is ignored.
 */
export function withDeadline<T>(
  clock: Clock,
  timeoutMs: number,
  work: Promise<T>,
  timeoutError: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(timeoutMs, () => reject(timeoutError()));
    work.then(
      (outcome) => {
        cancel();
        resolve(outcome);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
