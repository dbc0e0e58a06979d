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
 * Creates a logger that writes to another one what must not show redacted values. Masked is plain data: a line is within the bounds of those that stay
 * with a job.
 */
export function createMaskingLogger(inner: Logger, mask: TextMask): Logger {
  const masked = (fields: LogFields) => maskData(toLoggedFields(fields) ?? {}, mask) as LogFields;
  const at = (level: LogLevel) => (fields: LogFields, message: string) =>
    inner[level](masked(fields), mask(toLoggedText(message)));
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => createMaskingLogger(inner.child(masked(fields)), mask),
  };
}
