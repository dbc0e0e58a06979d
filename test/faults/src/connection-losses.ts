import { type LogFields, type Logger, stderrLogger, systemClock } from '@leveret/core';
import type { RunLog } from './run-log.ts';

/** The connection of a broker on which it publishes, and the one on which it consumes: as it calls them in its log. */
export const PUBLISHING = 'publishing';
export const CONSUMING = 'consuming';
/** The broker itself, as the holder of what it delays. */
export const BROKER = 'broker';

/** What a broker's log tells of its losses. */
export interface ConnectionLosses {
  /** For the broker. */
  readonly logger: Logger;
  /** From now on the peer may be silent long before a loss is noticed: a loss counts from now. */
  silent(): void;
}

/**
 * Notes in `runs` whenever a RabbitMQ broker of this process loses a connection, or a channel that `queue` is consumed on. What the broker
 * logs goes on to `inner`.
 */
export function createConnectionLosses(
  runs: Pick<RunLog, 'lost'>,
  queue: string,
  inner: Logger = stderrLogger,
): ConnectionLosses {
  let silentSince = Number.POSITIVE_INFINITY;

  function note(cause: string, holder: string): void {
    const to = systemClock.now();
    runs.lost({ cause, holder, from: Math.min(to, silentSince), to });
  }

  function read({ purpose, queue: consumed }: LogFields, message: string): void {
    if (message === 'lost the connection to the broker') note(`${purpose} connection lost`, String(purpose));
    if (message === 'the broker confirms nothing: trying a new channel')
      note('publishing channel silent', PUBLISHING);
    if (message === 'the broker stays silent: trying a new connection')
      note('publishing connection silent', PUBLISHING);
    if (message === 'consuming was interrupted: consuming again' && consumed === `leveret.q.${queue}`)
      note('consumer lost', CONSUMING);
  }

  const levels = (['debug', 'info', 'warn', 'error'] as const).map((level) => [
    level,
    (fields: LogFields, message: string) => {
      read(fields, message);
      inner[level](fields, message);
    },
  ]);
  const logger: Logger = { ...inner, ...Object.fromEntries(levels), child: () => logger };
  return {
    logger,
    silent() {
      silentSince = systemClock.now();
    },
  };
}
