import { type Clock, errorRule, LeveretError, messageOf, systemClock } from '@leveret/core';

/** Exit code of a process that could not start, failed, or had to be ended. */
const FAILURE = 1;
/** Exit code of a process that a later signal ended at once (128 + SIGINT). */
const INTERRUPTED = 130;
/**
 * A signal within this time of the first, in milliseconds, is the same wish: a terminal sends Ctrl-C to every process in
 * front, and npm, which is one of them, passes it on once more.
 */
const SAME_WISH_MS = 1_000;

/** An application at work. */
export interface RunningApplication {
  /** Brings everything to an orderly end. */
  stop(): Promise<void>;
  /** Resolves when the application ends by itself, with its exit code; left out when it runs until it is told to stop. */
  readonly ended?: Promise<number>;
}

/** The process that an application runs in. */
export interface HostProcess {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): void;
  readonly stderr: { write(text: string): unknown };
}

/** How an application is run. */
export interface RunOptions {
  /**
   * Starts the application. `stopping` aborts as soon as it is to end, for whatever reason: a start that is still under way
   * then undoes what it did and throws `stopping.reason`, or goes on and is stopped.
   */
  readonly start: (stopping: AbortSignal) => Promise<RunningApplication>;
  /** What stopping may take at the most, in milliseconds, before the process is ended with exit code 1. */
  readonly stopWithinMs: number;
  readonly host: HostProcess;
  readonly clock?: Clock;
}

/**
 * Runs an application as a process: SIGINT and SIGTERM stop it in order and exit 0, also while it starts; one that comes
 * over a second after the first quits at once. An application that cannot start says in words why and what to do, and exits 1.
 */
export async function runApplication({
  start,
  stopWithinMs,
  host,
  clock = systemClock,
}: RunOptions): Promise<void> {
  const stopping = new AbortController();
  let signalledAt: number | undefined;
  let cancelDeadline: (() => void) | undefined;
  const beginToStop = () => {
    cancelDeadline ??= clock.schedule(stopWithinMs, () => {
      host.stderr.write(`still not stopped after ${stopWithinMs} ms: giving up\n`);
      host.exit(FAILURE);
    });
    stopping.abort();
  };
  const fail = (error: unknown) => {
    host.stderr.write(describeFailure(error));
    return FAILURE;
  };
  /** Whatever fails because the application was told to stop is no failure. */
  const failUnlessTold = (error: unknown) => (stopping.signal.aborted ? 0 : fail(error));
  const told = new Promise<number>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(0), { once: true });
  });
  const onSignal = () => {
    signalledAt ??= clock.monotonic();
    if (clock.monotonic() - signalledAt >= SAME_WISH_MS) host.exit(INTERRUPTED);
    else beginToStop();
  };
  host.on('SIGINT', onSignal);
  host.on('SIGTERM', onSignal);
  try {
    const { stop, ended } = await start(stopping.signal);
    const code = await Promise.race(ended === undefined ? [told] : [told, ended.catch(failUnlessTold)]);
    beginToStop();
    await stop();
    host.exit(code);
  } catch (error) {
    host.exit(error === stopping.signal.reason ? 0 : fail(error));
  } finally {
    cancelDeadline?.();
  }
}

/** Why a process cannot go on, for the person who started it: the code, what happened and what to do, never a stack. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof LeveretError)) return `${messageOf(error)}\n`;
  const lines = error.message.split('\n').map((line) => `  ${line}`);
  return `${error.code}: ${errorRule(error.code).title}\n${lines.join('\n')}\n  ${errorRule(error.code).action}\n`;
}
