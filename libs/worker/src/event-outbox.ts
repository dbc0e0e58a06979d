import { type Broker, type Cancel, type Clock, type JobEvent, type Logger, messageOf } from '@leveret/core';

/** How long events are gathered, in milliseconds: someone who watches does not notice, and the broker gets one message. */
const GATHER_MS = 20;
/** Events beyond this are dropped, oldest first: they are news, not outcomes. */
const MAX_PENDING = 2_000;

/** Sends events that may be lost: started, progress, held, handed back. */
export interface EventOutbox {
  /** Takes an event. Never waits and never fails. Newer progress of an attempt replaces older that is still here. */
  add(event: JobEvent): void;
  /** Sends what is pending, then takes no more. */
  close(): Promise<void>;
}

/** Takes events and drops them: for a worker without a recorder. */
export const noOutbox: EventOutbox = { add() {}, close: () => Promise.resolve() };

/** Creates an outbox. While the broker takes no events the newest are kept, and every loss is counted in the log. */
export function createEventOutbox(broker: Broker, clock: Clock, logger: Logger): EventOutbox {
  let pending: JobEvent[] = [];
  let cancel: Cancel | undefined;
  let sending: Promise<void> | undefined;
  let closed = false;

  async function send(): Promise<void> {
    const events = pending;
    pending = [];
    try {
      if (events.length > 0) await broker.emit(events);
    } catch (error) {
      logger.debug(
        { eventCount: events.length, error: messageOf(error) },
        'dropped events that nobody must have',
      );
    }
  }

  function startSending(): void {
    cancel = undefined;
    sending = send().then(() => {
      sending = undefined;
      if (pending.length > 0 && !closed) cancel ??= clock.schedule(GATHER_MS, startSending);
    });
  }

  return {
    add(event) {
      if (closed) return;
      if (event.type === 'progress') {
        pending = pending.filter((other) => other.type !== 'progress' || other.jobId !== event.jobId);
      }
      if (pending.length >= MAX_PENDING) pending.shift();
      pending.push(event);
      if (sending === undefined) cancel ??= clock.schedule(GATHER_MS, startSending);
    },
    async close() {
      closed = true;
      cancel?.();
      await sending;
      await send();
    },
  };
}
