import type { Clock, DeadLetter, Logger, Subscription } from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import type { SqlRow } from '../file/libsql.ts';
import { createLooks } from '../looks.ts';
import type { DeadLetterBounds } from '../operations/dead-letter-operations.ts';
import type { Poller } from '../poller.ts';
import { toMessageAndFailure } from '../rows/dead-letter-rows.ts';

/** How many dead letters are handed over in one batch. */
const BATCH: DeadLetterBounds = { letters: 200, bytes: 256 * 1024 };

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
  const { look, stop: stopLooking } = createLooks({
    take,
    failedWords: 'dead letters were not taken: will try again',
    fields: { queue },
    clock,
    logger,
  });
  const leave = poller.add({
    deadQueue: queue,
    isDue: ({ deadQueues }) => deadQueues.includes(queue),
    onWork: look,
  });

  async function take(isStopped: () => boolean): Promise<void> {
    let rows = await database.call('takeDeadLetters', queue, BATCH);
    while (rows.length > 0 && !isStopped()) {
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
      leave();
      await stopLooking();
    },
  };
}

/** It may have been handed over before: the file does not say. */
function toLetter([, , ...row]: SqlRow): DeadLetter {
  const { message, failure } = toMessageAndFailure(row);
  const { body: _body, ...properties } = message;
  return { message, failure, properties: JSON.stringify({ ...properties, failure }), isReturned: true };
}
