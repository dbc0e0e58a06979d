import {
  type Broker,
  type Cancel,
  type Clock,
  type JobEvent,
  type JobMessage,
  type LoggedEvent,
  type Logger,
  messageOf,
  withDeadline,
} from '@leveret/core';
import { PendingLines } from './pending-lines.ts';

/** How long events are gathered, in milliseconds: someone who watches does not notice, and the broker gets one message. */
const GATHER_MS = 20;
/** How long after the broker took none they are sent again, in milliseconds. */
const RETRY_MS = 1_000;
/** Events beyond this are dropped, oldest first: they are news, not outcomes. */
const MAX_PENDING = 2_000;
/** How long closing waits for the broker, in milliseconds: nobody stops the slower for news. */
const CLOSE_MS = 2_000;

/** Sends events that may be lost: started, progress, logged, held, handed back. */
export interface EventOutbox {
  /**
   * Takes an event. Never waits and never fails. Newer progress of an attempt replaces older that is still here; lines that it logged are
   * joined to those that are still here.
   */
  add(event: JobEvent): void;
  /**
   * The attempt's outcome is told: what is still here about the attempt adds nothing to it, except the lines that it logged. They are
   * returned, to be told with the outcome; undefined when there are none.
   */
  withdraw(message: Pick<JobMessage, 'id' | 'attempt' | 'generation'>): LoggedEvent | undefined;
  /** Sends what is pending, then takes no more. */
  close(): Promise<void>;
}

/** Takes events and drops them: for a worker without a recorder. */
export const noOutbox: EventOutbox = {
  add() {},
  withdraw: () => undefined,
  close: () => Promise.resolve(),
};

/**
 * Creates an outbox. While the broker takes no events the newest are kept and sent again every second. One line of the log
 * tells that an outage began, and one how many events it cost.
 */
export function createEventOutbox(broker: Broker, clock: Clock, logger: Logger): EventOutbox {
  /** Oldest first. An event whose key is here already takes its place anew. */
  let pending = new Map<string, JobEvent>();
  const pendingLines = new PendingLines();
  let mayHoldProgress = false;
  let addedCount = 0;
  let droppedCount = 0;
  let isAway = false;
  let closed = false;
  let cancel: Cancel | undefined;
  let sending: Promise<void> | undefined;

  function keyOf(event: JobEvent): string {
    if (event.type === 'started') return startedKey(event.jobId, event.attempt);
    if (event.type === 'progress') {
      mayHoldProgress = true;
      return progressKey(event.jobId, event.attempt);
    }
    addedCount += 1;
    return `#${addedCount}`;
  }

  function enter(event: JobEvent): void {
    const key = keyOf(event);
    pending.delete(key);
    pending.set(key, event);
    dropOldest();
  }

  function dropOldest(): void {
    for (const key of pending.keys()) {
      if (pending.size <= MAX_PENDING) return;
      pending.delete(key);
      droppedCount += 1;
    }
  }

  function noteOutage(error: unknown): void {
    if (!isAway) logger.warn({ error: messageOf(error) }, 'the broker takes no events: the newest are kept');
    isAway = true;
  }

  function noteLosses(): void {
    if (droppedCount > 0)
      logger.warn({ droppedCount }, 'dropped events: what jobs did is shown incompletely');
    droppedCount = 0;
  }

  async function send(): Promise<void> {
    const unsent = pending;
    const unsentLines = pendingLines.takeAll();
    if (unsent.size + unsentLines.length === 0) return;
    pending = new Map();
    try {
      await broker.emit([...unsent.values(), ...unsentLines]);
      isAway = false;
      noteLosses();
    } catch (error) {
      noteOutage(error);
      pending = new Map([...unsent, ...pending]);
      droppedCount += pendingLines.putBack(unsentLines);
      dropOldest();
    }
  }

  function startSending(): void {
    cancel = undefined;
    sending = send().then(() => {
      sending = undefined;
      if (pending.size > 0 || !pendingLines.isEmpty) sendSoon();
    });
  }

  function sendSoon(): void {
    if (closed || sending !== undefined) return;
    cancel ??= clock.schedule(isAway ? RETRY_MS : GATHER_MS, startSending);
  }

  return {
    add(event) {
      if (closed) return;
      if (event.type === 'logged') droppedCount += pendingLines.add(event);
      else enter(event);
      sendSoon();
    },
    withdraw(message) {
      pending.delete(startedKey(message.id, message.attempt));
      // Making a key costs more than all the rest, and few jobs tell of their progress.
      if (mayHoldProgress) pending.delete(progressKey(message.id, message.attempt));
      return pendingLines.take(message);
    },
    async close() {
      closed = true;
      cancel?.();
      const sent = Promise.resolve(sending).then(send);
      await withDeadline(clock, CLOSE_MS, sent, () => new Error('the broker did not answer')).catch(
        noteOutage,
      );
      droppedCount += pending.size + pendingLines.takeAll().length;
      pending.clear();
      noteLosses();
    },
  };
}

function startedKey(jobId: string, attempt: number): string {
  return attempt === 1 ? jobId : `${jobId} ${attempt}`;
}

function progressKey(jobId: string, attempt: number): string {
  return `${jobId} ${attempt} progress`;
}
