import { type Clock, type Logger, readEventList, type Subscription } from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import { createLooks } from '../looks.ts';
import type { EventBounds, EventTaker } from '../operations/event-operations.ts';
import type { Poller } from '../poller.ts';

/** How many events are handed over in one batch: about a thousand, in which no event loop is held up. */
const BATCH: EventBounds = { lists: 500, characters: 256 * 1024 };

/** What recording works with. */
export interface EventRecordingOptions {
  readonly taker: EventTaker;
  readonly onBatch: (entries: readonly unknown[]) => Promise<void>;
  readonly database: SqliteDatabase;
  readonly poller: Poller;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Events on their way to a recorder. */
export interface EventRecording extends Subscription {
  /** This process has emitted events: looks for them, unless they are applied where they are emitted. */
  noteEmitted(): void;
}

/** Begins to hand events to `onBatch`, whenever this recording is the active one of all that share the file. */
export function startEventRecording(options: EventRecordingOptions): EventRecording {
  const { taker, onBatch, database, poller, clock, logger } = options;
  let stopping: Promise<void> | undefined;
  const { look, stop: stopLooking } = createLooks({
    take,
    failedWords: 'events were not recorded: will try again',
    clock,
    logger,
  });
  const leave = poller.add({ isDue: ({ hasEvents }) => hasEvents, onWork: look });

  async function take(isStopped: () => boolean): Promise<void> {
    let batch = await database.call('takeEvents', taker, BATCH);
    while (batch !== undefined && batch.lists.length > 0 && !isStopped()) {
      await onBatch(batch.lists.flatMap(readEventList));
      const acknowledged = database.call('ackEvents', taker.holder, batch.upTo);
      const next = database.call('takeEvents', taker, BATCH);
      [, batch] = await Promise.all([acknowledged, next]);
    }
  }

  async function stop(): Promise<void> {
    leave();
    await stopLooking();
    await database.call('resignRecorder', taker.holder);
  }

  look();
  return {
    noteEmitted() {
      // What could not be applied is found by the poll.
      if (!taker.isOwnLedger) look();
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
