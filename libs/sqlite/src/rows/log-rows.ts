import {
  type JobLogLine,
  type LoggedEvent,
  type LoggedFields,
  type LogLevel,
  loggedBytes,
} from '@leveret/core';
import type { SqlRow } from '../file/libsql.ts';

/** The columns of a line that are read, in the order in which {@link toLogLine} reads them. */
export const LINE_COLUMNS = 'generation, attempt, at, number, level, message, fields';

/** All columns of a line, in the order in which {@link toLogRows} gives their values. */
export const LOG_COLUMNS = ['job_id', ...LINE_COLUMNS.split(', '), 'size_bytes'] as const;

/** The lines of an event as rows of {@link LOG_COLUMNS}. */
export function toLogRows({ jobId, generation = 0, attempt, lines }: LoggedEvent): readonly SqlRow[] {
  return lines.map((line) => {
    const { at, number, level, message, fields } = line;
    const fieldsCell = fields === undefined ? null : JSON.stringify(fields);
    return [jobId, generation, attempt, at, number, level, message, fieldsCell, loggedBytes(line)];
  });
}

/** The line of a row of {@link LINE_COLUMNS}. */
export function toLogLine([generation, attempt, at, number, level, message, fields]: SqlRow): JobLogLine {
  return {
    generation: Number(generation),
    attempt: Number(attempt),
    number: Number(number),
    at: Number(at),
    level: String(level) as LogLevel,
    message: String(message),
    ...(typeof fields === 'string' ? { fields: JSON.parse(fields) as LoggedFields } : {}),
  };
}
