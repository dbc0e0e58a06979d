import {
  type AcceptedEvent,
  type Broker,
  type Clock,
  type JobStore,
  type LedgerEntry,
  LeveretError,
  type Logger,
  messageOf,
  withDeadline,
} from '@leveret/core';
import type { DispatchLog } from './dispatch-log.ts';

/** No answer takes longer than this, in milliseconds. */
const ACCEPT_DEADLINE_MS = 2_500;
/** How long an accepted job's answer waits for the other of the two stores, in milliseconds. */
const SECOND_STORE_WAIT_MS = 100;

/** Takes jobs on, all together, or throws `ENQUEUE_UNAVAILABLE`. */
export type Accept = (entries: readonly LedgerEntry[]) => Promise<void>;

interface LedgeredOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly dispatchLog: DispatchLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What became of one of the two ways to make a job durable. */
type Outcome = { readonly ok: true } | { readonly ok: false; readonly error: unknown };

/** Direct mode: a job is accepted once the broker has it. */
export function createDirectAcceptance(broker: Broker): Accept {
  return async (entries) => {
    const published = await outcomeOf(broker.publish(entries.map(({ outgoing }) => outgoing)));
    if (!published.ok) throw unavailable(published.error);
  };
}

/**
 * The acceptance rule with a ledger: a job is sent to the broker and entered into the ledger at once, and is accepted as
 * soon as either is durable. The other one gets a moment more, so that a job can usually be looked up right after its
 * answer; what it then misses is made up for: an `accepted` event tells the ledger, the relay tells the broker.
 */
export function createLedgeredAcceptance({
  broker,
  store,
  dispatchLog,
  clock,
  logger,
}: LedgeredOptions): Accept {
  return async (entries) => {
    const published = outcomeOf(broker.publish(entries.map(({ outgoing }) => outgoing)));
    const entered = outcomeOf(store.accept(entries));
    noteDispatched(entries, published, entered);
    const first = await orFailure(ACCEPT_DEADLINE_MS, firstSuccess(published, entered));
    if (!first.ok) throw unavailable(first.error);
    const brokerHasIt = await hasIt(published, broker.status().state === 'up');
    const ledgerHasIt = await hasIt(entered, store.status().state === 'up');
    if (brokerHasIt && !ledgerHasIt) await tellByEvent(entries);
  };

  /** Once both have the jobs, however late, the ledger need not keep their messages. */
  function noteDispatched(
    entries: readonly LedgerEntry[],
    published: Promise<Outcome>,
    entered: Promise<Outcome>,
  ): void {
    Promise.all([published, entered]).then(
      ([{ ok: dispatched }, { ok: known }]) => {
        if (dispatched && known) dispatchLog.add(entries.map(({ acceptance }) => acceptance.id));
      },
      (error: unknown) => logger.error({ error: messageOf(error) }, 'cannot note dispatched jobs'),
    );
  }

  /** What the ledger missed reaches it through the event queue, before the job's answer is given. */
  async function tellByEvent(entries: readonly LedgerEntry[]): Promise<void> {
    const told = await orFailure(ACCEPT_DEADLINE_MS, outcomeOf(broker.emit(entries.map(toAcceptedEvent))));
    if (!told.ok)
      logger.warn(
        { jobCount: entries.length, error: messageOf(told.error) },
        'accepted jobs are not in the ledger yet',
      );
  }

  async function hasIt(outcome: Promise<Outcome>, worthWaiting: boolean): Promise<boolean> {
    return (await orFailure(worthWaiting ? SECOND_STORE_WAIT_MS : 0, outcome)).ok;
  }

  function orFailure(waitMs: number, outcome: Promise<Outcome>): Promise<Outcome> {
    const late = () => new Error(`nothing was confirmed within ${waitMs} ms`);
    return withDeadline(clock, waitMs, outcome, late).catch((error: unknown) => ({ ok: false, error }));
  }
}

function outcomeOf(work: Promise<void>): Promise<Outcome> {
  return work.then(
    () => ({ ok: true }),
    (error: unknown) => ({ ok: false, error }),
  );
}

/** The first that succeeds, or the failure of the second to fail. */
async function firstSuccess(one: Promise<Outcome>, other: Promise<Outcome>): Promise<Outcome> {
  const first = await Promise.race([one, other]);
  if (first.ok) return first;
  const [a, b] = await Promise.all([one, other]);
  return a.ok ? a : b.ok ? b : a;
}

function unavailable(error: unknown): LeveretError {
  return new LeveretError('ENQUEUE_UNAVAILABLE', `the job could not be stored: ${messageOf(error)}`, {
    cause: error,
  });
}

function toAcceptedEvent({ acceptance }: LedgerEntry): AcceptedEvent {
  const { id, kind, queue, maxAttempts, createdAt, delayMs, payload } = acceptance;
  return {
    type: 'accepted',
    jobId: id,
    kind,
    queue,
    attempt: 1,
    maxAttempts,
    createdAt,
    at: createdAt,
    payload,
    delayMs,
  };
}
