import {
  type AcceptAnswer,
  type AcceptedEvent,
  type Broker,
  type Clock,
  createUnderWay,
  DEFAULT_PRIORITY,
  decodePayload,
  isNothingStored,
  type JobStore,
  type Json,
  type LedgerEntry,
  LeveretError,
  type Logger,
  messageOf,
  type OutgoingMessage,
  type PublishOutcome,
} from '@leveret/core';
import type { HeldJobs } from './held-jobs.ts';
import type { IdLog } from './id-log.ts';
import { firstSuccess, inTime, isAway, type Outcome, outcomeOf, within } from './outcome.ts';

/** How long an accepted job's answer waits for the other of the two stores, in milliseconds. */
const SECOND_STORE_WAIT_MS = 100;
/** How long an answer waits at all when both stores are known to be away, in milliseconds. */
const KNOWN_FAULT_WAIT_MS = 100;
/** How long the ledger may take to say whether it knows a job, in milliseconds, before the job is published all the same. */
const KNOWN_WITHIN_MS = 500;

/** Accepts jobs. */
export interface Acceptor {
  /**
   * Takes them on all together. Answers within `withinMs`, with the ids of those that were known before.
   * @throws {LeveretError} `ENQUEUE_UNAVAILABLE`; `ID_CONFLICT` when one has the id of another job: the others are taken on all the same.
   */
  accept(entries: readonly LedgerEntry[], withinMs: number): Promise<ReadonlySet<string>>;
  /** Resolves when nothing is under way any more, including what an answer did not wait for. */
  idle(): Promise<void>;
}

/** What an acceptor with a ledger works with. */
export interface LedgeredOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  /** Of jobs that the broker has. */
  readonly dispatched: IdLog;
  /** Of jobs that this process failed to publish: any relay may publish them. */
  readonly released: IdLog;
  readonly held: HeldJobs;
  readonly clock: Clock;
  readonly logger: Logger;
}

const NONE: ReadonlySet<string> = new Set();

/** Direct mode: a job is accepted once the broker has it. Earlier jobs are not known. */
export function createDirectAcceptor(broker: Broker, clock: Clock): Acceptor {
  const underWay = createUnderWay();
  return {
    async accept(entries, withinMs) {
      const published = broker.publish(entries.map(toOutgoing));
      underWay.begin();
      published.then(underWay.end, underWay.end);
      try {
        await inTime(clock, withinMs, published);
      } catch (error) {
        throw unavailable(error);
      }
      return NONE;
    },
    idle: underWay.idle,
  };
}

/**
 * The acceptance rule with a ledger: a job is sent to the broker and entered into the ledger at once, and is accepted as
 * soon as either is durable. The other one gets a moment more, so that a job can usually be looked up right after its
 * answer. If one of them misses the job, it gets it later: the ledger by an `accepted` event, the broker from the relay.
 *
 * A job whose id its caller chose is entered first, and published only if the ledger did not know it. While the ledger does not
 * answer, the job is published as a copy of one that may exist.
 */
export function createLedgeredAcceptor(options: LedgeredOptions): Acceptor {
  const { broker, store, dispatched, released, held, clock, logger } = options;
  const underWay = createUnderWay();
  const brokerSide = createSide(() => broker.status().state === 'up', clock);
  const ledgerSide = createSide(() => store.status().state === 'up', clock);

  async function accept(entries: readonly LedgerEntry[], withinMs: number): Promise<ReadonlySet<string>> {
    const dueAt = clock.monotonic() + withinMs;
    const entered = outcomeOf(store.accept(entries));
    if (ledgerSide.isUp() && entries.some(({ isIdGiven }) => isIdGiven)) {
      const answers = await within(clock, KNOWN_WITHIN_MS, entered);
      if (answers.ok) return await publishNew(entries, answers.value, dueAt);
    }
    await acceptByEither(entries, entered, dueAt);
    return NONE;
  }

  function leftMs(dueAt: number): number {
    return Math.max(0, dueAt - clock.monotonic());
  }

  async function acceptByEither(
    entries: readonly LedgerEntry[],
    entered: Promise<Entered>,
    dueAt: number,
  ): Promise<void> {
    const published = publish(entries.map(toOutgoing), entered);
    const mayWork = brokerSide.isUp() || ledgerSide.isUp();
    const patienceMs = mayWork ? leftMs(dueAt) : Math.min(KNOWN_FAULT_WAIT_MS, leftMs(dueAt));
    const first = await within(clock, patienceMs, firstSuccess(published, entered));
    if (!first.ok) throw unavailable(first.error);
    const brokerHasIt = await brokerSide.has(published, leftMs(dueAt));
    const ledgerHasIt = await ledgerSide.has(entered, leftMs(dueAt));
    if (brokerHasIt && !ledgerHasIt) await tellByEvent(entries, leftMs(dueAt));
  }

  /** The ledger has entered what it did not know: that is accepted. */
  async function publishNew(
    entries: readonly LedgerEntry[],
    answers: readonly AcceptAnswer[],
    dueAt: number,
  ): Promise<ReadonlySet<string>> {
    const entryOf = (answer: AcceptAnswer) => entries.filter((_, index) => answers[index] === answer);
    const fresh = entryOf('new').map(({ outgoing }) => outgoing);
    if (fresh.length > 0) {
      const entered: Entered = { ok: true, value: fresh.map(() => 'new') };
      await brokerSide.has(publish(fresh, Promise.resolve(entered)), leftMs(dueAt));
    }
    const [conflict] = entryOf('conflict');
    if (conflict !== undefined) throw conflictOf(conflict);
    return new Set(entryOf('known').map(({ outgoing }) => outgoing.message.id));
  }

  /** Publishes jobs, and notes in the ledger what became of them once both outcomes are known, however late. */
  function publish(messages: readonly OutgoingMessage[], entered: Promise<Entered>): Promise<Outcome<void>> {
    const ids = messages.map(({ message }) => message.id);
    const place = held.add(ids);
    const published = outcomeOf(broker.publish(messages));
    underWay.begin();
    Promise.all([published, entered])
      .then(([publication, entry]) => {
        held.remove(place);
        if (entry.ok) note(ids, publication, entry.value);
      })
      .then(underWay.end, underWay.end);
    return published;
  }

  function note(ids: readonly string[], publication: Outcome<void>, answers: readonly AcceptAnswer[]): void {
    if (publication.ok) {
      // The row of another job stays as it is.
      const isOther = answers.includes('conflict');
      dispatched.add(isOther ? ids.filter((_, index) => answers[index] !== 'conflict') : ids);
    } else if (isAway(publication.error)) {
      released.add(ids.filter((_, index) => answers[index] === 'new'));
    }
  }

  /** What the ledger missed reaches it through the event queue, if possible before the job's answer is given. */
  async function tellByEvent(entries: readonly LedgerEntry[], waitMs: number): Promise<void> {
    const told = await within(clock, waitMs, outcomeOf(broker.emit(entries.map(toAcceptedEvent))));
    if (told.ok) return;
    logger.warn(
      { jobCount: entries.length, error: messageOf(told.error) },
      'accepted jobs are not in the ledger yet',
    );
  }

  return { accept, idle: underWay.idle };
}

type Entered = Outcome<readonly AcceptAnswer[]>;

/** A job whose id was given may exist: nobody has looked. */
function toOutgoing({ outgoing, isIdGiven }: LedgerEntry): OutgoingMessage {
  return isIdGiven ? { ...outgoing, isResent: true } : outgoing;
}

/** One of the two stores, as an answer sees it. */
interface Side {
  isUp(): boolean;
  /** Whether it has the jobs, as far as it is worth waiting for. */
  has(outcome: Promise<Outcome>, leftMs: number): Promise<boolean>;
}

/** After a store let one answer wait in vain, no other answer waits for it until it has answered again. */
function createSide(isUp: () => boolean, clock: Clock): Side {
  let answers = true;
  return {
    isUp,
    async has(outcome, leftMs) {
      let isSettled = false;
      const noted = outcome.then((settled) => {
        isSettled = true;
        if (settled.ok) answers = true;
        return settled;
      });
      const worthMs = isUp() && answers ? SECOND_STORE_WAIT_MS : 0;
      const { ok } = await within(clock, Math.min(worthMs, leftMs), noted);
      if (!isSettled) answers = false;
      return ok;
    },
  };
}

function unavailable(error: unknown): LeveretError {
  const outcome: PublishOutcome = isNothingStored(error) ? 'not-stored' : 'unknown';
  const words = outcome === 'unknown' ? 'it may exist all the same' : 'nothing was stored';
  return new LeveretError(
    'ENQUEUE_UNAVAILABLE',
    `the job could not be stored, ${words}: ${messageOf(error)}`,
    {
      cause: error,
      details: { outcome },
    },
  );
}

function conflictOf({ outgoing: { message } }: LedgerEntry): LeveretError {
  const { id: jobId, kind, queue } = message;
  return new LeveretError(
    'ID_CONFLICT',
    `the id ${jobId} belongs to a job of another kind, queue or payload`,
    { details: { jobId, kind, queue } },
  );
}

function toAcceptedEvent({ outgoing: { message, delayMs }, maxAttempts }: LedgerEntry): AcceptedEvent {
  const { id: jobId, kind, queue, priority, createdAt, body, headers } = message;
  const job = { jobId, kind, queue, attempt: 1, maxAttempts, createdAt, at: createdAt };
  const urgency = priority === DEFAULT_PRIORITY ? {} : { priority };
  const along = Object.keys(headers).length === 0 ? {} : { headers };
  return { type: 'accepted', payload: decodePayload(body) as Json, delayMs, ...urgency, ...along, ...job };
}
