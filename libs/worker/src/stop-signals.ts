import type { Clock } from '@leveret/core';

/** What asks a process to stop: a supervisor, and Ctrl-C. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** A signal within this time of the first, in milliseconds, counts as the same request: npm forwards what the terminal has already sent. */
const SAME_WISH_MS = 1_000;

type StopSignal = (typeof SIGNALS)[number];

/** The part of `process` that is used. */
export interface SignalHost {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  listenerCount(signal: StopSignal): number;
  readonly pid: number;
  kill(pid: number, signal: StopSignal): unknown;
}

/** What listening to signals works with. */
export interface StopSignalsOptions {
  readonly host: SignalHost;
  readonly clock: Clock;
  /** Drains. If it rejects, the process ends all the same. */
  readonly stop: () => Promise<void>;
}

/**
 * Drains at the first SIGTERM or SIGINT, then lets the signal end the process, unless other code listens to it as well. A second signal, more
 * than a second later, does so immediately. Returns a function that stops listening.
 */
export function onStopSignals({ host, clock, stop }: StopSignalsOptions): () => void {
  let askedAt: number | undefined;

  function leave(): void {
    for (const signal of SIGNALS) host.off(signal, onSignal);
  }

  function end(signal: StopSignal): void {
    leave();
    if (host.listenerCount(signal) === 0) host.kill(host.pid, signal);
  }

  function onSignal(signal: StopSignal): void {
    const now = clock.monotonic();
    if (askedAt === undefined) {
      askedAt = now;
      const endBySignal = () => end(signal);
      stop().then(endBySignal, endBySignal);
    } else if (now - askedAt > SAME_WISH_MS) end(signal);
  }

  for (const signal of SIGNALS) host.on(signal, onSignal);
  return leave;
}
