import type { Failure } from '../errors/failure.ts';
import type { JobMessage } from '../job/message.ts';

/** A dead letter that the broker keeps for a queue. */
export interface DeadLetter {
  /** The job. Where `defect` is set, only its queue and its body can be relied on. */
  readonly message: JobMessage;
  /** Why the message is not a job: what its form lacks, in words. */
  readonly defect?: string;
  /** Why it is dead: what the worker wrote, or what the broker did. */
  readonly failure: Failure;
  /** Its properties and headers as the broker has them, as JSON; the same each time it is handed over. */
  readonly properties: string;
  /** Whether it may have been handed over before. */
  readonly isReturned: boolean;
}

/** A message that the broker moved, out of a delay or to the dead letters, and could not route. */
export interface UnroutableMessage {
  /** The queue of jobs that it belongs to; the broker's name of the queue in which it lay when that is not known. */
  readonly queue: string;
  /** Why it could not be routed, in words. */
  readonly reason: string;
  /** Its properties and headers as the broker has them, as JSON; the same each time it is handed over. */
  readonly properties: string;
  readonly body: Uint8Array;
  /** Whether it may have been handed over before. */
  readonly isReturned: boolean;
  /** The job, as a dead letter; undefined when its queue is not known. */
  readonly letter?: DeadLetter | undefined;
}

/** How dead letters and unroutable messages are taken. */
export interface DeadLetterOptions {
  /**
   * The ledger that they go to (`JobStore.ledgerId`). Nothing is handed over on a connection that is made while another ledger records the
   * events.
   */
  readonly ledgerId?: string;
}
