/** What is known about the moment a line is logged: ids, counts and limits, never a payload or a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where structured log lines go. Shaped so that a pino logger fits as it is. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger whose every line also carries `fields`. */
  child(fields: LogFields): Logger;
}

/** How important a line is. */
export type LogLevel = Exclude<keyof Logger, 'child'>;

/** Drops every line. A component without a logger writes warnings and errors to standard error; with this one it is silent. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
