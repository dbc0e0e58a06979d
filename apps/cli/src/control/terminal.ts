import { createInterface } from 'node:readline';
import type { Clock } from '@leveret/core';
import { toLine } from '../ledger/words.ts';

/** How often progress is told where lines cannot be overwritten, in milliseconds. */
const LINE_EVERY_MS = 5_000;
/** Width of a terminal that does not say it. */
const DEFAULT_COLUMNS = 80;

/** Where a command tells what is not its answer: standard error. */
export interface Terminal {
  /** Whether a person can be asked: standard input and standard error are a terminal. */
  readonly canAsk: boolean;
  /** Prints a line. */
  say(text: string): void;
  /** Says how far something is: overwrites the line before on a terminal, otherwise at most a line every five seconds. */
  progress(text: string): void;
  /** Asks a person, who says no by anything but `y` or `yes`, also by Ctrl-C. */
  ask(question: string): Promise<boolean>;
  /** Does `work` with a signal that Ctrl-C aborts. A second Ctrl-C ends the process. */
  interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** A stream that may be a terminal. */
interface Screen extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Its width, where it is one. */
  readonly columns?: number;
}

/** What a terminal is made of: the process, unless a test says otherwise. */
export interface TerminalOptions {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly screen: Screen;
  /** Emits `SIGINT`. */
  readonly signals: Pick<NodeJS.EventEmitter, 'once' | 'off'>;
  readonly clock: Clock;
}

/** Creates it. */
export function createTerminal({ input, screen, signals, clock }: TerminalOptions): Terminal {
  const canOverwrite = screen.isTTY === true;
  let hasProgress = false;
  let nextLineAt = Number.NEGATIVE_INFINITY;

  /** The line of progress makes room. */
  function clear(): string {
    const before = hasProgress ? '\r\u001b[K' : '';
    hasProgress = false;
    return before;
  }

  function say(text: string): void {
    screen.write(`${clear()}${text}\n`);
  }

  return {
    canAsk: canOverwrite && input.isTTY === true,
    say,
    progress(text) {
      if (canOverwrite) {
        // A line that is broken into two could not be overwritten.
        screen.write(`${clear()}${toLine(text).slice(0, (screen.columns ?? DEFAULT_COLUMNS) - 1)}`);
        hasProgress = true;
      } else if (clock.monotonic() >= nextLineAt) {
        nextLineAt = clock.monotonic() + LINE_EVERY_MS;
        say(text);
      }
    },
    ask(question) {
      return new Promise((resolve) => {
        const lines = createInterface({ input, output: screen });
        lines.once('close', () => resolve(false));
        lines.once('SIGINT', () => {
          screen.write('\n');
          lines.close();
        });
        lines.question(`${question} [y/N] `, (answer) => {
          resolve(/^y(es)?$/i.test(answer.trim()));
          lines.close();
        });
      });
    },
    async interruptible(work) {
      const interrupted = new AbortController();
      const stop = () => interrupted.abort();
      signals.once('SIGINT', stop);
      try {
        return await work(interrupted.signal);
      } finally {
        signals.off('SIGINT', stop);
        screen.write(clear());
      }
    },
  };
}
