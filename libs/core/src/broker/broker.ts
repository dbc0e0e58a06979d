import type { ErrorCode } from '../errors/error-codes.ts';
import type { LeveretError } from '../errors/errors.ts';
import type { Failure } from '../errors/failure.ts';
import type { JobEvent } from '../events/events.ts';
import type { JobMessage, OutgoingMessage } from '../job/message.ts';
import type { DeadLetter, DeadLetterOptions, UnroutableMessage } from './dead-letter.ts';
import type { LiveChannel } from './live-channel.ts';
import type { Subscription } from './subscription.ts';

/** What takes the place of a delivery when it is settled without being done. */
export type Successor =
  /** The job again, as `message`, after `delayMs`, or by up to 1/64 of it later: a retry or a hold. */
  | ({ readonly kind: 'requeue' } & OutgoingMessage)
  /** The dead letter: `message` with its body and its priority untouched, and why. */
  | { readonly kind: 'dead-letter'; readonly message: JobMessage; readonly failure: Failure };

/** How a delivery is settled. */
export interface SettleOptions {
  /** Absent when the job is done. */
  readonly successor?: Successor;
  /** Outcome events that must be durable before the delivery is given up. */
  readonly events: readonly JobEvent[];
}

/**
 * Where a delivery comes from.
 *
 * - `first`: no consumer had this message before, and it is not marked as a copy.
 * - `returned`: a consumer had it and released it, lost its connection, or died.
 * - `resent`: the message is marked as a copy of one that may already exist; see {@link OutgoingMessage}. A copy that came back is
 *   `returned`.
 */
export type DeliveryOrigin = 'first' | 'returned' | 'resent';

/** A message in the hands of one consumer, until it is settled or released, or the connection is lost. */
export interface Delivery {
  /** The job. Where `defect` is set, only its id, queue and body can be relied on (the id is a new one if it had none). */
  readonly message: JobMessage;
  /** Why the message is not a job: what its form lacks, in words. The body is kept untouched. */
  readonly defect?: string;
  readonly origin: DeliveryOrigin;
  /**
   * How often it came back from a consumer; 0 unless `origin` is `returned`. A lost consumer always counts. A release
   * counts on RabbitMQ before 4.3, and not on SQLite.
   */
  readonly returnCount: number;
  /**
   * Ends the delivery, in this order: the successor is durable, the events are durable, the delivery is acknowledged.
   * So a crash at any moment repeats work and loses none. Resolves when the acknowledgement is on its way.
   * Settles once: a second call, and a call after `release`, resolves and does nothing.
   * When the connection that delivered it is gone, the broker delivers the message again. If this process has settled the same run (`runKey`) of
   * the same job of the same queue on that connection, the new delivery is then acknowledged immediately and not passed on. A
   * settlement whose successor is the same run does not count: it has not ended that run.
   * @throws {LeveretError} `BROKER_UNAVAILABLE` when successor or events are not confirmed in time. The delivery is then
   *   still unsettled: call again.
   */
  settle(options: SettleOptions): Promise<void>;
  /** Gives the message back to its queue and priority uncharged, at once. Does nothing after `settle`. */
  release(): void;
  /**
   * Whether the connection that delivered it is known to be lost. The broker then delivers the message again, perhaps to another consumer:
   * starting it here as well would run the job twice. Always false where a driver has no connection to lose.
   */
  isLost(): boolean;
}

/** How a queue is consumed. */
export interface ConsumeOptions {
  /** Most deliveries unsettled at a time, of all priorities together; at least 1. */
  readonly prefetch: number;
  /** Called for each delivery: by weight among the priorities, in no promised order within one. Must not throw and must not block. */
  readonly onDelivery: (delivery: Delivery) => void;
}

/** How events are recorded. */
export interface RecordOptions {
  /**
   * The ledger that records them (`JobStore.ledgerId`). From then on, recorders of other ledgers are refused. A broker that keeps its messages in the
   * same file as this ledger may record events there itself: `onBatch` is then given only what it cannot record.
   */
  readonly ledgerId?: string;
  /**
   * Called when, after the start, the broker refuses to let this process record for a reason that only a person can change, such as
   * `LEDGER_MISMATCH`. Its message is fit to be shown to operators. Called with undefined whenever it begins to record: the driver goes
   * on trying. Must not throw.
   */
  readonly onRefused?: (refusal: LeveretError | undefined) => void;
}

/** What a queue holds. Counts are a moment's view, for tests, displays and benchmarks. */
export interface QueueCounts {
  readonly queue: string;
  /** Messages that wait for a consumer, of all priorities. */
  readonly ready: number;
  /** Dead letters kept for the queue. With a ledger they soon move there. */
  readonly dead: number;
}

/** Whether a broker can take messages now, and if not, why. */
export type BrokerStatus =
  | { readonly state: 'up' }
  /** `reason` is for operators: it has no credentials, but may name host and port. `code` is fit for everybody. */
  | { readonly state: 'down' | 'blocked'; readonly code: ErrorCode; readonly reason: string };

/**
 * Carries job messages from producers to workers, at least once and in no promised order, and events from workers to
 * the recorder. A broker keeps no history: what became of a job is told by events.
 */
export interface Broker {
  /** What carries the messages, such as `rabbitmq`: a ledger remembers it, see `RecordingStore.noteBroker`. */
  readonly name: string;
  /**
   * Makes sure that the queues exist. A process calls it at its start for every queue that it publishes to and does not
   * consume, including those of child jobs; `consume` does it for its own. Declaring an existing queue changes nothing.
   * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_REFUSED` when this process may not declare what is missing,
   *   `TOPOLOGY_MISMATCH` when it exists with other arguments.
   * @throws {RangeError} for an invalid name of a queue.
   */
  declare(queues: readonly string[]): Promise<void>;
  /**
   * Resolves once every message is durable and routed to its queue. A message with a delay is delivered no earlier than
   * its delay after this call, and soon after. Its priority goes with it.
   *
   * Settles when the outcome is known, however long that takes: the caller has the deadline. A run (`runKey`) of the same job that is published
   * again meanwhile, with the same payload, is not sent again: both calls settle alike. When the driver itself sends a message again, it
   * marks it as {@link OutgoingMessage.isResent}.
   * @throws {LeveretError} `BROKER_UNAVAILABLE`, `BROKER_BLOCKED` when the broker accepts nothing at the moment, `BROKER_UNROUTABLE` when there is no
   *   such queue. The detail `outcome` is `not-stored` when none of the messages is stored or will be sent. Otherwise it is `unknown`:
   *   the channel was lost before the broker answered. Publish the message again with the same id and {@link OutgoingMessage.isResent}.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
  /**
   * Delivers what is on `queue`, at most `prefetch` unsettled at a time, until stopped. Jobs of each priority wait in a lane of their own,
   * and the lanes have their turns as `createLaneChooser` says: urgent jobs overtake others that wait already, in shares of
   * 16 to 4 to 1 while all lanes have jobs, and a lane that is alone has everything. What a consumer has no hand free for is not kept
   * from another one that has.
   */
  consume(queue: string, options: ConsumeOptions): Promise<Subscription>;
  /**
   * Resolves once the events are durable.
   * @throws {LeveretError} as `publish` does.
   */
  emit(events: readonly JobEvent[]): Promise<void>;
  /**
   * Hands what was emitted to `onBatch`, in batches, to one active recorder at a time however many call this. A batch is given
   * again, to this or another recorder, until an `onBatch` for it has resolved; so an event may come twice. Events of one
   * job come in the order in which one process emitted them. Entries are passed on unchecked: `readEvent` reads them. A message that is
   * not a list of events is one entry, its text.
   * @throws {LeveretError} `LEDGER_MISMATCH` when another ledger than {@link RecordOptions.ledgerId} records them.
   */
  recordEvents(
    onBatch: (entries: readonly unknown[]) => Promise<void>,
    options?: RecordOptions,
  ): Promise<Subscription>;
  /**
   * Hands the dead letters of `queue` to `onBatch`, in batches, until stopped: those that there are and those that come, whoever dead-lettered them. A
   * dead letter leaves the broker when an `onBatch` for it has resolved. Until then it is handed over again, to this or another caller. Several
   * callers may be handed the dead letters of one queue. The same one may then come to each.
   *
   * Resolves when it has begun to try. It goes on trying while the broker cannot be used or refuses it. A queue that does not exist is not
   * declared: it is looked for again every minute.
   * @throws {LeveretError} `BROKER_UNAVAILABLE` when the broker is closed.
   */
  takeDeadLetters(
    queue: string,
    onBatch: (letters: readonly DeadLetter[]) => Promise<void>,
    options?: DeadLetterOptions,
  ): Promise<Subscription>;
  /**
   * Hands over the messages that the broker moved and could not route, until stopped, as {@link takeDeadLetters} does with dead letters. Such a message
   * is on no queue of jobs: nothing runs it. A broker that can route everything hands over nothing.
   */
  takeUnroutable(
    onBatch: (messages: readonly UnroutableMessage[]) => Promise<void>,
    options?: DeadLetterOptions,
  ): Promise<Subscription>;
  /** Events and commands for whoever listens now. */
  readonly live: LiveChannel;
  /** Counts of the queues named, in their order. A queue that does not exist counts nothing. */
  inspect(queues: readonly string[]): Promise<readonly QueueCounts[]>;
  /** Messages with events that wait for a recorder; a driver may stop counting at 10,000. A moment's view. */
  inspectEvents(): Promise<number>;
  /** Whether messages can be published now. Answers from memory, at once. */
  status(): BrokerStatus;
  /**
   * Stops deliveries, waits up to `graceMs` for settlements under way, then disconnects. Unsettled deliveries return to
   * their queues. Safe to call twice.
   */
  close(graceMs: number): Promise<void>;
}
