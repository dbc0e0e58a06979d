import { type Clock, errorRule, LeveretError, messageOf, systemClock } from '@leveret/core';

/** Exit code of a process that could not start, failed, or had to be ended. */
const FAILURE = 1;
/** Exit code of a process that a second signal ended at once (128 + SIGINT). */
const INTERRUPTED = 130;

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
  readonly start: () => Promise<RunningApplication>;
  /** What stopping may take at the most, in milliseconds, before the process is ended with exit code 1. */
  readonly stopWithinMs: number;
  readonly host: HostProcess;
  readonly clock?: Clock;
}

/**
 * Runs an application as a process: SIGINT and SIGTERM stop it in order and exit 0, a second one quits at once; an
 * application that cannot start says in words why and what to do, and exits 1.
 */
export async function runApplication({
  start,
  stopWithinMs,
  host,
  clock = systemClock,
}: RunOptions): Promise<void> {
  let signalled: (() => void) | undefined;
  let signalCount = 0;
  const signal = new Promise<number>((resolve) => {
    signalled = () => resolve(0);
  });
  const onSignal = () => {
    signalCount += 1;
    if (signalCount > 1) host.exit(INTERRUPTED);
    signalled?.();
  };
  host.on('SIGINT', onSignal);
  host.on('SIGTERM', onSignal);
  const fail = (error: unknown) => {
    host.stderr.write(describeFailure(error));
    return FAILURE;
  };
  try {
    const application = await start();
    const code = await Promise.race([
      signal,
      ...(application.ended === undefined ? [] : [application.ended.catch(fail)]),
    ]);
    const cancel = clock.schedule(stopWithinMs, () => {
      host.stderr.write(`still not stopped after ${stopWithinMs} ms: giving up\n`);
      host.exit(FAILURE);
    });
    await application.stop();
    cancel();
    host.exit(code);
  } catch (error) {
    host.exit(fail(error));
  }
}

/** Why a process cannot go on, for the person who started it: the code, what happened and what to do, never a stack. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof LeveretError)) return `${messageOf(error)}\n`;
  const lines = error.message.split('\n').map((line) => `  ${line}`);
  return `${error.code}: ${errorRule(error.code).title}\n${lines.join('\n')}\n  ${errorRule(error.code).action}\n`;
}
