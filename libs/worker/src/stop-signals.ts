import type { Clock } from '@leveret/core';

/** What asks a process to stop: a supervisor, and Ctrl-C. */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** A signal within this time of the first, in milliseconds, is the same wish: npm sends on what the terminal has sent already. */
const SAME_WISH_MS = 1_000;

type StopSignal = (typeof SIGNALS)[number];

/** What of the process is used. */
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
  /** Drains. What it rejects with changes nothing: the process ends. */
  readonly stop: () => Promise<void>;
}

/**
 * Has the first SIGTERM or SIGINT drain. Then the signal takes its usual course, which ends the process unless others listen to it as well; a second
 * signal takes it at once. Returns how to listen no more.
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
