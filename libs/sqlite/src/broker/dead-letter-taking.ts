import {
  type Cancel,
  type Clock,
  type DeadLetter,
  type Logger,
  messageOf,
  type Subscription,
} from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import type { SqlRow } from '../file/libsql.ts';
import type { DeadLetterBounds } from '../operations/dead-letter-operations.ts';
import type { Poller } from '../poller.ts';
import { toMessageAndFailure } from '../rows/dead-letter-rows.ts';

/** How many dead letters are handed over in one batch. */
const BATCH: DeadLetterBounds = { letters: 200, bytes: 256 * 1024 };
/** Pause after a batch that failed, in milliseconds. */
const RETRY_MS = 100;

/** What taking works with. */
export interface DeadLetterTakingOptions {
  readonly queue: string;
  readonly onBatch: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly database: SqliteDatabase;
  readonly poller: Poller;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Dead letters of one queue on their way out of the broker. */
export interface DeadLetterTaking extends Subscription {
  readonly queue: string;
  /** Looks whether there is something to take. */
  look(): void;
}

/** Begins to hand the dead letters of a queue to `onBatch`. Others that share the file may be handed the same ones. */
export function startDeadLetterTaking(options: DeadLetterTakingOptions): DeadLetterTaking {
  const { queue, onBatch, database, poller, clock, logger } = options;
  let taking: Promise<void> | undefined;
  let lookAgain = false;
  let stopped = false;
  let cancelRetry: Cancel | undefined;
  const leave = poller.add({
    deadQueue: queue,
    isDue: ({ deadQueues }) => deadQueues.includes(queue),
    onWork: look,
  });

  function look(): void {
    if (stopped) return;
    lookAgain = true;
    taking ??= takeAll().then(
      () => {
        taking = undefined;
        if (lookAgain) look();
      },
      (error: unknown) => {
        taking = undefined;
        if (stopped) return;
        logger.warn({ queue, error: messageOf(error) }, 'dead letters were not taken: will try again');
        cancelRetry?.();
        cancelRetry = clock.schedule(RETRY_MS, look);
      },
    );
  }

  async function takeAll(): Promise<void> {
    lookAgain = false;
    let rows = await database.call('takeDeadLetters', queue, BATCH);
    while (rows.length > 0 && !stopped) {
      await onBatch(rows.map(toLetter));
      const removed = database.call(
        'removeDeadLetters',
        rows.map(([seq]) => Number(seq)),
      );
      // Asked for at the same time, it is read after that.
      const next = database.call('takeDeadLetters', queue, BATCH);
      [, rows] = await Promise.all([removed, next]);
    }
  }

  look();
  return {
    queue,
    look,
    async stop() {
      stopped = true;
      leave();
      cancelRetry?.();
      await taking;
    },
  };
}

/** It may have been handed over before: the file does not say. */
function toLetter([, , ...row]: SqlRow): DeadLetter {
  const { message, failure } = toMessageAndFailure(row);
  const { body: _body, ...properties } = message;
  return { message, failure, properties: JSON.stringify({ ...properties, failure }), isReturned: true };
}
