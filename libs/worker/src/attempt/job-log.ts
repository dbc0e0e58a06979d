import {
  type Clock,
  type JobMessage,
  type LogFields,
  type LoggedFields,
  type LoggedLine,
  type Logger,
  type LogLevel,
  loggedBytes,
  MAX_LOGGED_BYTES,
  MAX_LOGGED_LINES,
  type TextMask,
  toLoggedFields,
  toLoggedLine,
} from '@leveret/core';
import type { EventOutbox } from '../settlement/event-outbox.ts';
import { eventBase, type WorkerIdentity } from '../settlement/settle-attempt.ts';
import { createMaskingLogger } from './masking-logger.ts';

/** Most lines of one run that are sent: the last of those that stay with a job says how many more there were. */
const MAX_LINES = MAX_LOGGED_LINES - 1;
/** Most that they take, in bytes as `loggedBytes` counts them: the last line fits into what is left. */
const MAX_BYTES = MAX_LOGGED_BYTES - 512;

/** What the logs of handlers work with. */
export interface JobLogMeans {
  readonly worker: WorkerIdentity;
  readonly outbox: EventOutbox;
  /** Whether outcomes are told by events: only where a recorder reads them. */
  readonly tellOutcomes: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The run of a handler that logs. */
export interface LoggedRun {
  readonly message: JobMessage;
  /** The last attempt that the job gets. */
  readonly maxAttempts: number;
  /** Applied to all that the handler logs and reports; undefined when its definition redacts nothing. */
  readonly mask?: TextMask | undefined;
}

/**
 * The log of a handler: names the job in each line, and sends the lines of the level `info` and above to the ledger if there is one. What it
 * writes to is made with the first line: most handlers write none.
 */
export class JobLog implements Logger {
  readonly #run: LoggedRun;
  readonly #means: JobLogMeans;
  #lines: RunLines | undefined;
  #own: Logger | undefined;
  #isOver = false;

  constructor(run: LoggedRun, means: JobLogMeans) {
    this.#run = run;
    this.#means = means;
  }

  /** The run is over: from now on lines go to the worker's log only. Called before its outcome is settled. Safe to call twice. */
  static end(log: JobLog): void {
    log.#isOver = true;
    log.#lines?.end();
  }

  #made(): Logger {
    if (this.#own !== undefined) return this.#own;
    const { id: jobId, kind, queue, attempt } = this.#run.message;
    this.#own = this.#means.logger.child({ jobId, kind, queue, attempt });
    if (this.#means.tellOutcomes && !this.#isOver) {
      this.#lines = new RunLines(this.#run, this.#means);
      this.#own = new KeepingLogger(this.#own, this.#lines, undefined);
    }
    const { mask } = this.#run;
    if (mask !== undefined) this.#own = createMaskingLogger(this.#own, mask);
    return this.#own;
  }

  debug(fields: LogFields, message: string): void {
    this.#made().debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#made().info(fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#made().warn(fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#made().error(fields, message);
  }

  child(fields: LogFields): Logger {
    return this.#made().child(fields);
  }
}

/** Writes to another logger, and takes what stays with the job. */
class KeepingLogger implements Logger {
  readonly #inner: Logger;
  readonly #lines: RunLines;
  /** Fields of every line. */
  readonly #base: LoggedFields | undefined;

  constructor(inner: Logger, lines: RunLines, base: LoggedFields | undefined) {
    this.#inner = inner;
    this.#lines = lines;
    this.#base = base;
  }

  debug(fields: LogFields, message: string): void {
    this.#inner.debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#write({ level: 'info', fields, message });
  }

  warn(fields: LogFields, message: string): void {
    this.#write({ level: 'warn', fields, message });
  }

  error(fields: LogFields, message: string): void {
    this.#write({ level: 'error', fields, message });
  }

  child(fields: LogFields): Logger {
    const base = { ...this.#base, ...toLoggedFields(fields) };
    return new KeepingLogger(this.#inner.child(fields), this.#lines, base);
  }

  #write(line: Line): void {
    this.#inner[line.level](line.fields, line.message);
    this.#lines.add(line, this.#base);
  }
}

/** A line as the handler wrote it. */
interface Line {
  readonly level: LogLevel;
  readonly fields: LogFields;
  readonly message: string;
}

/**
 * The lines of one run, on their way to the ledger. The first ones are sent, and of the others only how many they are: so each line is sent
 * soon after it was written, and a handler that writes a million lines costs no more than one that writes some hundred.
 */
class RunLines {
  readonly #run: LoggedRun;
  readonly #means: JobLogMeans;
  #sentCount = 0;
  /** Of the lines that were sent, and of the first one that did not fit. */
  #sizeBytes = 0;
  #droppedCount = 0;
  #lastAt = 0;
  #isOver = false;

  constructor(run: LoggedRun, means: JobLogMeans) {
    this.#run = run;
    this.#means = means;
  }

  add({ level, fields, message }: Line, base: LoggedFields | undefined): void {
    if (this.#isOver) return;
    if (this.#sentCount < MAX_LINES && this.#sizeBytes <= MAX_BYTES) {
      const all = base === undefined ? fields : { ...base, ...toLoggedFields(fields) };
      const line = this.#next({ level, fields: all, message });
      this.#sizeBytes += loggedBytes(line);
      if (this.#sizeBytes <= MAX_BYTES) return this.#send(line);
    }
    this.#droppedCount += 1;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#droppedCount === 0) return;
    const fields = { droppedCount: this.#droppedCount };
    this.#send(
      this.#next({ level: 'warn', fields, message: 'more lines are only in the log of the worker' }),
    );
  }

  /** Also when the clock goes back, lines stay in their order. */
  #next(line: Line): LoggedLine {
    this.#lastAt = Math.max(this.#lastAt, this.#means.clock.now());
    return toLoggedLine({ ...line, number: this.#sentCount + 1, at: this.#lastAt });
  }

  #send(line: LoggedLine): void {
    const { outbox, worker } = this.#means;
    const { message, maxAttempts } = this.#run;
    this.#sentCount += 1;
    const base = eventBase(message, { maxAttempts, at: line.at, worker });
    outbox.add({ type: 'logged', bestEffort: true, lines: [line], ...base });
  }
}
