import {
  type AcceptAnswer,
  type AcceptanceStore,
  type AcceptedEvent,
  type Broker,
  type Clock,
  createUnderWay,
  DEFAULT_PRIORITY,
  decodePayload,
  isNothingStored,
  type Json,
  type LedgerEntry,
  LeveretError,
  type Logger,
  messageOf,
  type OutgoingMessage,
  type PublishOutcome,
  splitParent,
} from '@leveret/core';
import type { HeldJobs } from './held-jobs.ts';
import type { IdLog } from './id-log.ts';
import { firstSuccess, inTime, isAway, type Outcome, outcomeOf, within } from './outcome.ts';

/** How long an answer waits for the ledger when the broker has the job, and how long a job counts as in flight for a broker that does not answer; in milliseconds. */
const SECOND_STORE_WAIT_MS = 100;
/** How long an answer waits at all when both stores are known to be away, in milliseconds. */
const KNOWN_FAULT_WAIT_MS = 100;
/** How much of an answer's time is left for the broker while the ledger is asked whether it knows a job, in milliseconds. */
const BROKER_SHARE_MS = 500;

/**
 * What is known of a job that was taken on. Undefined when its id was given, and no ledger said in time whether it is new.
 * A `conflict` was not taken on.
 */
export type Acceptance = Exclude<AcceptAnswer, 'dispatched'> | undefined;

/** Jobs that were taken on together. */
export interface Accepted {
  /** One for each job, in order. */
  readonly acceptances: readonly Acceptance[];
  /** Settles when the broker has answered as well, or was waited for long enough. Until then the jobs are in flight. Never rejects. */
  readonly over: Promise<unknown>;
}

/** Accepts jobs. */
export interface Acceptor {
  /**
   * Takes them on all together, and answers within `withinMs`.
   * @throws {LeveretError} `ENQUEUE_UNAVAILABLE`.
   */
  accept(entries: readonly LedgerEntry[], withinMs: number): Promise<Accepted>;
  /** Resolves when nothing is under way any more, including what an answer did not wait for. */
  idle(): Promise<void>;
}

/** What an acceptor with a ledger works with. */
export interface LedgeredOptions {
  readonly broker: Broker;
  readonly store: AcceptanceStore;
  /** Of jobs that the broker has. */
  readonly dispatched: IdLog;
  /** Of jobs that this process failed to publish: any relay may publish them. */
  readonly released: IdLog;
  readonly held: HeldJobs;
  readonly clock: Clock;
  readonly logger: Logger;
}

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
      return { acceptances: entries.map(unasked), over: published };
    },
    idle: underWay.idle,
  };
}

/**
 * The acceptance rule with a ledger: a job is sent to the broker and entered into the ledger at the same time. It is accepted as soon as the
 * ledger has it: the relay sends what the broker missed. If the broker is first, the ledger gets a moment more, so that a job can usually be looked
 * up right after its answer. What the ledger missed reaches it by an `accepted` event. ADR 37 says why the broker is not waited for.
 *
 * A job whose id its caller chose is entered first, and published only if the ledger did not know it. A slow ledger is waited for as long as
 * the broker still has time to confirm. When the ledger is away or silent, the job is published as a copy of one that may exist: its
 * worker asks the ledger before it runs.
 */
export function createLedgeredAcceptor(options: LedgeredOptions): Acceptor {
  const { broker, store, dispatched, released, held, clock, logger } = options;
  const underWay = createUnderWay();
  const brokerSide = createSide(() => broker.status().state === 'up', clock);
  const ledgerSide = createSide(() => store.status().state === 'up', clock);
  const asked = createPatience(clock);

  async function accept(entries: readonly LedgerEntry[], withinMs: number): Promise<Accepted> {
    const dueAt = clock.monotonic() + withinMs;
    const enter = () => outcomeOf(store.accept(entries));
    if (!ledgerSide.isUp() || !entries.some(({ isIdGiven }) => isIdGiven))
      return await acceptByEither(entries, enter, dueAt);
    const entered = enter();
    const entry = await asked.wait(entered, withinMs - BROKER_SHARE_MS);
    if (entry.ok) return publishNew(entries, entry.value, dueAt);
    return await acceptByEither(entries, () => entered, dueAt);
  }

  function leftMs(dueAt: number): number {
    return Math.max(0, dueAt - clock.monotonic());
  }

  async function acceptByEither(
    entries: readonly LedgerEntry[],
    enter: () => Promise<Entered>,
    dueAt: number,
  ): Promise<Accepted> {
    const { published, entered } = publish(entries.map(toOutgoing), enter);
    const mayWork = brokerSide.isUp() || ledgerSide.isUp();
    const patienceMs = mayWork ? leftMs(dueAt) : Math.min(KNOWN_FAULT_WAIT_MS, leftMs(dueAt));
    const first = await within(clock, patienceMs, firstSuccess(entered.then(allEntered), published));
    if (!first.ok) throw unavailable(first.error);
    const over = brokerSide.wait(published, leftMs(dueAt));
    const entry = await ledgerSide.wait(entered, leftMs(dueAt));
    // A job that was sent is not refused any more.
    const ofSent = (answer: AcceptAnswer) => (answer === 'conflict' ? undefined : toAcceptance(answer));
    if (entry.ok) return { acceptances: entry.value.map(ofSent), over };
    const publication = await over;
    if (publication.ok) await tellByEvent(entries, leftMs(dueAt));
    return { acceptances: entries.map(unasked), over };
  }

  /** The ledger has entered what it did not know: that is accepted. */
  function publishNew(
    entries: readonly LedgerEntry[],
    answers: readonly AcceptAnswer[],
    dueAt: number,
  ): Accepted {
    const fresh = entries.filter((_, index) => answers[index] === 'new').map(({ outgoing }) => outgoing);
    const acceptances = answers.map(toAcceptance);
    if (fresh.length === 0) return { acceptances, over: Promise.resolve() };
    const entered: Entered = { ok: true, value: fresh.map(() => 'new') };
    const { published } = publish(fresh, async () => entered);
    return { acceptances, over: brokerSide.wait(published, leftMs(dueAt)) };
  }

  /**
   * Publishes jobs, then calls `enter`, and notes in the ledger what became of them once both outcomes are known, however late. In this
   * order, a ledger that shares a file with the broker enters the jobs as sent, in the commit that publishes them.
   */
  function publish(messages: readonly OutgoingMessage[], enter: () => Promise<Entered>): Publication {
    const ids = messages.map(({ message }) => message.id);
    const place = held.add(ids);
    const published = outcomeOf(broker.publish(messages));
    const entered = enter();
    underWay.begin();
    Promise.all([published, entered])
      .then(([publication, entry]) => {
        held.remove(place);
        if (entry.ok) note(ids, publication, entry.value);
      })
      .then(underWay.end, underWay.end);
    return { published, entered };
  }

  function note(ids: readonly string[], publication: Outcome<void>, answers: readonly AcceptAnswer[]): void {
    if (publication.ok) {
      if (!answers.includes('dispatched') && !answers.includes('conflict')) return dispatched.add(ids);
      // Of a conflict, the row of another job stays as it is.
      const toNote = ids.filter((_, index) => answers[index] === 'new' || answers[index] === 'known');
      if (toNote.length > 0) dispatched.add(toNote);
      for (const jobId of ids.filter((_, index) => answers[index] === 'conflict'))
        logger.warn(
          { jobId },
          'a job was sent under the id of another job, because the ledger answered too late',
        );
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

function toAcceptance(answer: AcceptAnswer): Acceptance {
  return answer === 'dispatched' ? 'new' : answer;
}

/** Jobs on their way to both stores. */
interface Publication {
  readonly published: Promise<Outcome<void>>;
  readonly entered: Promise<Entered>;
}

/** A job whose id was given may exist: nobody has looked. */
function toOutgoing({ outgoing, isIdGiven }: LedgerEntry): OutgoingMessage {
  return isIdGiven ? { ...outgoing, isResent: true } : outgoing;
}

function unasked({ isIdGiven }: LedgerEntry): Acceptance {
  return isIdGiven ? undefined : 'new';
}

/** An answer that another job has the id proves nothing stored. */
function allEntered(entered: Entered): Outcome {
  if (!entered.ok || !entered.value.includes('conflict')) return entered;
  const details = { outcome: 'not-stored' satisfies PublishOutcome };
  return { ok: false, error: new LeveretError('ID_CONFLICT', 'the id belongs to another job', { details }) };
}

/** Waits for what a store answers. */
interface Patience {
  /** The outcome, or a failure when there is none within `waitMs`. */
  wait<T>(outcome: Promise<Outcome<T>>, waitMs: number): Promise<Outcome<T>>;
}

/** After a store let one answer wait in vain, no other answer waits for it until it has answered again. */
function createPatience(clock: Clock): Patience {
  let answers = true;
  return {
    async wait(outcome, waitMs) {
      let isSettled = false;
      const noted = outcome.then((settled) => {
        isSettled = true;
        if (settled.ok) answers = true;
        return settled;
      });
      const came = await within(clock, answers ? waitMs : 0, noted);
      if (!isSettled) answers = false;
      return came;
    },
  };
}

/** One of the two stores, as an answer sees it. */
interface Side extends Patience {
  isUp(): boolean;
}

/** A store of which an answer waits for a moment, and not at all while it is known to be away. */
function createSide(isUp: () => boolean, clock: Clock): Side {
  const patience = createPatience(clock);
  return {
    isUp,
    wait: (outcome, leftMs) => patience.wait(outcome, isUp() ? Math.min(SECOND_STORE_WAIT_MS, leftMs) : 0),
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

function toAcceptedEvent(entry: LedgerEntry): AcceptedEvent {
  const { outgoing, maxAttempts, tags, history, redact, blobs } = entry;
  const { message, delayMs } = outgoing;
  const { id: jobId, kind, queue, priority, createdAt, body } = message;
  const { headers, parentId } = splitParent(message.headers);
  const job = { jobId, kind, queue, attempt: 1, maxAttempts, createdAt, at: createdAt };
  const urgency = priority === DEFAULT_PRIORITY ? {} : { priority };
  const along = Object.keys(headers).length === 0 ? {} : { headers };
  const tagged = tags === undefined ? {} : { tags };
  return {
    type: 'accepted',
    payload: decodePayload(body) as Json,
    delayMs,
    ...urgency,
    ...along,
    ...(parentId === undefined ? {} : { parentId }),
    ...tagged,
    ...(history === undefined ? {} : { history }),
    ...(redact === undefined ? {} : { redact }),
    ...(blobs === undefined ? {} : { blobs }),
    ...job,
  };
}
