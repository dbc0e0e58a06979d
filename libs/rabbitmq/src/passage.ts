import { LeveretError } from '@leveret/core';
import type { Publisher } from './publisher.ts';
import type { Publication, Sending } from './sending.ts';

/** The way of one message into the broker, however many tries it takes. */
export interface Passage {
  /**
   * Resolves once the message is durable and routed. After a failure it can be called again: it waits for the message that may
   * still be on its way, and sends another copy only when that one is known to be lost. Calls at the same time are one.
   * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_BLOCKED`, `BROKER_UNROUTABLE`, and what declaring its queue throws.
   */
  confirmed(): Promise<void>;
}

/** What a passage works with. */
export interface PassageOptions {
  readonly publisher: Publisher;
  /** Makes sure that there is a way for the message, and says what to send. */
  readonly prepare: () => Publication | Promise<Publication>;
  /** The broker knew no way for the message: sees to it that there is one. */
  readonly repair: () => Promise<void>;
}

/** Creates a passage; nothing is sent before it is asked. */
export function createPassage({ publisher, prepare, repair }: PassageOptions): Passage {
  let sending: Sending | undefined;
  let underWay: Promise<void> | undefined;

  async function pass(): Promise<void> {
    if (sending === undefined || sending.hasFailed()) {
      const publication = prepare();
      // Nearly every message is ready at once: waiting for it all the same would be felt in every enqueue.
      sending = publisher.send(publication instanceof Promise ? await publication : publication);
    }
    await sending.confirmed();
  }

  async function passOrRepair(): Promise<void> {
    try {
      await pass();
    } catch (error) {
      if (!isUnroutable(error)) throw error;
      await repair();
      await pass();
    }
  }

  return {
    confirmed() {
      underWay ??= passOrRepair().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
  };
}

function isUnroutable(error: unknown): boolean {
  return error instanceof LeveretError && error.code === 'BROKER_UNROUTABLE';
}
