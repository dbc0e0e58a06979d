import {
  type LogFields,
  type Logger,
  type LogLevel,
  maskData,
  type TextMask,
  toLoggedFields,
  toLoggedText,
} from '@leveret/core';

/**
 * Writes to another logger what must not show redacted values. Masked is plain data: a line is within the bounds of those that stay with a job.
 */
export class MaskingLogger implements Logger {
  readonly #inner: Logger;
  readonly #mask: TextMask;

  constructor(inner: Logger, mask: TextMask) {
    this.#inner = inner;
    this.#mask = mask;
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
    return new MaskingLogger(this.#inner.child(this.#masked(fields)), this.#mask);
  }

  #write(level: LogLevel, given: LogFields, message: string): void {
    this.#inner[level](this.#masked(given), this.#mask(toLoggedText(message)));
  }

  #masked(fields: LogFields): LogFields {
    return maskData(toLoggedFields(fields) ?? {}, this.#mask) as LogFields;
  }
}
