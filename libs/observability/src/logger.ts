import { type Logger, maskSecrets, SECRET_FIELDS } from '@leveret/core';
import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';

/** How much is logged, from everything to nothing. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** How much is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How a logger is made. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** Name of the application, in every line. */
  readonly name: string;
  /** Where lines go; standard error when left out, so that standard output stays for what a person asked to see. */
  readonly destination?: DestinationStream;
}

/** Standard error's file descriptor. */
const STDERR = 2;

/**
 * A logger that writes one JSON object a line, with the time as an ISO date. Fields that hold secrets by their name, and
 * user and password of any URL, are written as `[redacted]`. Lines are written before the call returns: none is lost when
 * the process dies.
 */
export function createLogger({ level, name, destination: given }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
      hooks: { streamWrite: (line) => escapeControls(maskSecrets(line)) },
    },
    given ?? destination({ dest: STDERR, sync: true }),
  );
}

/** What JSON lets stand in a text, and a terminal or a reader of lines does not take for text. */
const CONTROLS = /[\u007f-\u009f\u2028\u2029]/g;

/** A line of JSON in which such characters are escapes: outside of texts it has none. */
function escapeControls(line: string): string {
  return line.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
