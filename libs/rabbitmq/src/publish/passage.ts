import { type Clock, isNothingStored, LeveretError, type PublishOutcome, withDeadline } from '@leveret/core';
import { asResent } from '../codec/message-mapping.ts';
import type { Publication } from '../codec/sending.ts';
import { unavailable } from '../connection/amqp-errors.ts';
import type { Publisher } from './publisher.ts';

/** The way of one message into the broker, however many tries it takes. */
export interface Passage {
  /**
   * Settles once the outcome is known, as `Broker.publish` does. After a failure it can be called again, and sends the message anew: as a copy
   * when the one before may be stored. Calls at the same time are one.
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

const SETTLED = Promise.resolve();

/** How long a caller waits for what a message needs to be declared, in milliseconds. */
const PREPARE_MS = 2_000;

/** What `declared` settles with, as far as a caller has the patience; declaring goes on. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
export function preparedInTime(clock: Clock, declared: Promise<void>): Promise<void> {
  const late = () => unavailable(`what the message needs was not declared within ${PREPARE_MS / 1_000} s`);
  return withDeadline(clock, PREPARE_MS, declared, late);
}

/** Creates a passage; nothing is sent before it is asked. */
export function createPassage(options: PassageOptions): Passage {
  return new MessagePassage(options);
}

/** A class, because one is made for every message. */
class MessagePassage implements Passage {
  readonly #options: PassageOptions;
  #underWay: Promise<void> = SETTLED;
  #isUnderWay = false;
  /** Whether the last try came as far as the broker. */
  #wasSent = false;
  /** Whether what was sent before may be stored. */
  #mayExist = false;

  constructor(options: PassageOptions) {
    this.#options = options;
  }

  /** Its own, so that it can be handed on. */
  readonly confirmed = (): Promise<void> => {
    if (!this.#isUnderWay) this.#underWay = this.#passOrRepair();
    return this.#underWay;
  };

  async #passOrRepair(): Promise<void> {
    this.#isUnderWay = true;
    try {
      await this.#pass();
    } catch (error) {
      this.#note(error);
      // What was refused before it was sent needs more than a repair.
      if (!isUnroutable(error) || !this.#wasSent) throw error;
      await this.#options.repair();
      await this.#passAgain();
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #passAgain(): Promise<void> {
    try {
      await this.#pass();
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  #note(error: unknown): void {
    if (!isNothingStored(error)) this.#mayExist = true;
  }

  #pass(): Promise<void> {
    this.#wasSent = false;
    const publication = this.#options.prepare();
    // Nearly every message is ready at once: waiting for it all the same would be felt in every enqueue.
    if (publication instanceof Promise)
      return publication.then(
        (prepared) => this.#send(prepared),
        (error: unknown) => Promise.reject(asNotStored(error)),
      );
    return this.#send(publication);
  }

  #send(publication: Publication): Promise<void> {
    this.#wasSent = true;
    return this.#options.publisher.send(this.#mayExist ? asResent(publication) : publication);
  }
}

/** There was no way to send the message. */
function asNotStored(error: unknown): unknown {
  if (!(error instanceof LeveretError)) return error;
  const { code, message, details, cause } = error;
  return new LeveretError(code, message, {
    cause,
    details: { ...details, outcome: 'not-stored' satisfies PublishOutcome },
  });
}

function isUnroutable(error: unknown): boolean {
  return error instanceof LeveretError && error.code === 'BROKER_UNROUTABLE';
}
