import {
  type AcceptedEvent,
  type Broker,
  type Clock,
  createUnderWay,
  DEFAULT_PRIORITY,
  decodePayload,
  type JobStore,
  type Json,
  type LedgerEntry,
  LeveretError,
  type Logger,
  messageOf,
  withDeadline,
} from '@leveret/core';
import type { DispatchLog } from './dispatch-log.ts';
import { firstSuccess, type Outcome, outcomeOf, within } from './outcome.ts';

/** How long an accepted job's answer waits for the other of the two stores, in milliseconds. */
const SECOND_STORE_WAIT_MS = 100;
/** How long an answer waits at all when both stores are known to be away, in milliseconds. */
const KNOWN_FAULT_WAIT_MS = 100;

/** Takes jobs on. */
export interface Acceptor {
  /** Takes them on all together, or throws `ENQUEUE_UNAVAILABLE`. Answers within `withinMs`. */
  accept(entries: readonly LedgerEntry[], withinMs: number): Promise<void>;
  /** Resolves when nothing is under way any more, including what an answer did not wait for. */
  idle(): Promise<void>;
}

/** What an acceptor with a ledger works with. */
export interface LedgeredOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly dispatchLog: DispatchLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Direct mode: a job is accepted once the broker has it. */
export function createDirectAcceptor(broker: Broker, clock: Clock): Acceptor {
  const underWay = createUnderWay();
  return {
    async accept(entries, withinMs) {
      const published = broker.publish(entries.map(({ outgoing }) => outgoing));
      underWay.begin();
      published.then(underWay.end, underWay.end);
      const late = () => new Error(`nothing was confirmed within ${withinMs} ms`);
      try {
        await withDeadline(clock, withinMs, published, late);
      } catch (error) {
        throw unavailable(error);
      }
    },
    idle: underWay.idle,
  };
}

/**
 * The acceptance rule with a ledger: a job is sent to the broker and entered into the ledger at once, and is accepted as
 * soon as either is durable. The other one gets a moment more, so that a job can usually be looked up right after its
 * answer; what it then misses is made up for: an `accepted` event tells the ledger, the relay tells the broker.
 */
export function createLedgeredAcceptor(options: LedgeredOptions): Acceptor {
  const { broker, store, dispatchLog, clock, logger } = options;
  const underWay = createUnderWay();
  const brokerSide = createSide(() => broker.status().state === 'up', clock);
  const ledgerSide = createSide(() => store.status().state === 'up', clock);

  async function accept(entries: readonly LedgerEntry[], withinMs: number): Promise<void> {
    const beganAt = clock.monotonic();
    const leftMs = () => Math.max(0, withinMs - (clock.monotonic() - beganAt));
    const published = outcomeOf(broker.publish(entries.map(({ outgoing }) => outgoing)));
    const entered = outcomeOf(store.accept(entries));
    noteDispatched(entries, published, entered);
    const mayWork = brokerSide.isUp() || ledgerSide.isUp();
    const patienceMs = mayWork ? leftMs() : Math.min(KNOWN_FAULT_WAIT_MS, leftMs());
    const first = await within(clock, patienceMs, firstSuccess(published, entered));
    if (!first.ok) throw unavailable(first.error);
    const brokerHasIt = await brokerSide.has(published, leftMs());
    const ledgerHasIt = await ledgerSide.has(entered, leftMs());
    if (brokerHasIt && !ledgerHasIt) await tellByEvent(entries, leftMs());
  }

  /** Once both have the jobs, however late, the ledger need not keep their messages. */
  function noteDispatched(
    entries: readonly LedgerEntry[],
    published: Promise<Outcome>,
    entered: Promise<Outcome>,
  ): void {
    underWay.begin();
    Promise.all([published, entered])
      .then(([{ ok: dispatched }, { ok: known }]) => {
        if (dispatched && known) dispatchLog.add(entries.map(({ outgoing }) => outgoing.message.id));
      })
      .then(underWay.end, underWay.end);
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

/** One of the two stores, as an answer sees it. */
interface Side {
  isUp(): boolean;
  /** Whether it has the jobs, as far as it is worth waiting for. */
  has(outcome: Promise<Outcome>, leftMs: number): Promise<boolean>;
}

/** A store that let one answer wait in vain lets no other wait until it has answered again. */
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
  return new LeveretError('ENQUEUE_UNAVAILABLE', `the job could not be stored: ${messageOf(error)}`, {
    cause: error,
  });
}

function toAcceptedEvent({ outgoing: { message, delayMs }, maxAttempts }: LedgerEntry): AcceptedEvent {
  const { id: jobId, kind, queue, priority, createdAt, body } = message;
  const job = { jobId, kind, queue, attempt: 1, maxAttempts, createdAt, at: createdAt };
  const urgency = priority === DEFAULT_PRIORITY ? {} : { priority };
  return { type: 'accepted', payload: decodePayload(body) as Json, delayMs, ...urgency, ...job };
}
