import { type LogFields, type Logger, type LogLevel, silentLogger } from './logger.ts';
import { stderrLogger } from './stderr-logger.ts';

/**
 * The logger that a component writes to: the user's, made safe, or {@link stderrLogger} if there is none. A logger that throws, rejects or
 * lacks a method does not disturb the component: lines for a missing method go to standard error, and the first fault is reported there.
 */
export function toLogger(given: Logger | undefined): Logger {
  if (given === undefined || given === null) return stderrLogger;
  if (given === silentLogger || given === stderrLogger || given instanceof SafeLogger) return given;
  return new SafeLogger(given, { isFaulty: false });
}

/** Shared by a logger and its children. */
interface Faults {
  isFaulty: boolean;
}

class SafeLogger implements Logger {
  readonly #inner: Logger;
  readonly #faults: Faults;

  constructor(inner: Logger, faults: Faults) {
    this.#inner = inner;
    this.#faults = faults;
  }

  debug(fields: LogFields, message: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#write('error', fields, message);
  }

  child(fields: LogFields): Logger {
    try {
      // A logger such as `console` makes none.
      const child = typeof this.#inner.child === 'function' ? this.#inner.child(fields) : undefined;
      if (child !== undefined) return new SafeLogger(child, this.#faults);
    } catch (error) {
      this.#note(error);
    }
    return new SafeLogger(withFields(this, fields), this.#faults);
  }

  #write(level: LogLevel, fields: LogFields, message: string): void {
    try {
      if (typeof this.#inner[level] !== 'function') return stderrLogger[level](fields, message);
      const written: unknown = this.#inner[level](fields, message);
      if (written instanceof Promise) written.catch((error: unknown) => this.#note(error));
    } catch (error) {
      this.#note(error);
    }
  }

  #note(error: unknown): void {
    if (this.#faults.isFaulty) return;
    this.#faults.isFaulty = true;
    stderrLogger.error({ error }, 'the logger failed: lines of the log may be missing');
  }
}

/** A child of a logger that can make none itself. */
function withFields(logger: Logger, base: LogFields): Logger {
  const at = (level: LogLevel) => (fields: LogFields, message: string) =>
    logger[level]({ ...base, ...fields }, message);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => withFields(logger, { ...base, ...fields }),
  };
}
