import {
  type AcceptanceStore,
  type Broker,
  type Clock,
  type JobDefinition,
  joinTags,
  type LedgerEntry,
  LeveretError,
  type Logger,
  newId,
  type PayloadInput,
  type Random,
  sleep,
  systemClock,
  systemRandom,
  toLogger,
  withParent,
} from '@leveret/core';
import { type Acceptance, createDirectAcceptor, createLedgeredAcceptor } from './acceptance.ts';
import {
  type EnqueueManyOptions,
  type EnqueueOptions,
  requireId,
  requireIds,
  requireSendable,
} from './enqueue-options.ts';
import { createHeldJobs } from './held-jobs.ts';
import { createIdLog } from './id-log.ts';
import { toLedgerEntry } from './ledger-entry.ts';
import { startRelay } from './relay.ts';
import { giveWay, SLICE_SIZE, sizeOf, slicesOf } from './slices.ts';
import { createTurns } from './turns.ts';

/** From its turn on, a job is answered within this time, in milliseconds. */
const ACCEPT_WITHIN_MS = 2_500;
/** How long closing the client waits for publications in flight, in milliseconds. */
const CLOSE_WITHIN_MS = 2_500;

/** What a job client works with. */
export interface JobClientOptions {
  readonly broker: Broker;
  /** The ledger. Without one (direct mode) a job is accepted once the broker has it, and cannot be looked up. */
  readonly store?: AcceptanceStore;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/** Proof that a job was accepted. */
export interface Receipt {
  readonly id: string;
  /**
   * False when the ledger knew the job: nothing was changed, and the job does not run again. Undefined when the id was given and no ledger said
   * in time whether it is new, as always without a ledger: the job was sent as a copy of one that may exist ({@link EnqueueOptions.id}).
   */
  readonly isNew: boolean | undefined;
}

/** Accepts jobs. Once `enqueue` resolves, the job is durable: it survives even if all processes die at the same moment. */
export interface JobClient {
  /**
   * Resolves once the job is accepted: the broker has it, or the ledger has it and sends it on. Of many jobs enqueued together, each waits
   * for its turn, in order, as long as others are accepted. From its turn on, the answer comes within 2.5 s.
   * @throws {LeveretError} `PAYLOAD_INVALID`, `PAYLOAD_TOO_LARGE` (over 1 MiB of JSON), `ID_CONFLICT`, and `ENQUEUE_UNAVAILABLE`, whose detail
   *   `outcome` is `not-stored` or `unknown`. With `unknown` the job may exist: repeat the call with the same id. `ENQUEUE_OVERLOADED` and
   *   `SHUTTING_DOWN` (after `close`) mean that nothing was sent.
   * @throws {RangeError} for an id, a delay, a priority or headers out of bounds ({@link EnqueueOptions}).
   */
  enqueue<Definition extends JobDefinition>(
    definition: Definition,
    payload: PayloadInput<Definition>,
    options?: EnqueueOptions,
  ): Promise<Receipt>;
  /**
   * Like `enqueue` for many jobs of one kind: if one is invalid, none is enqueued. Receipts come in the order of the payloads. Jobs
   * are sent a thousand at a time, one batch after the other, each within 2.5 s of its turn.
   * @throws {LeveretError} as `enqueue` does. The first `acceptedCount` of `jobCount` jobs (see the details) were accepted; any of the
   *   next thousand may exist. Enqueue them again under the same `ids`: with a ledger none runs twice.
   */
  enqueueMany<Definition extends JobDefinition>(
    definition: Definition,
    payloads: readonly PayloadInput<Definition>[],
    options?: EnqueueManyOptions,
  ): Promise<readonly Receipt[]>;
  /**
   * Accepts no more jobs and refuses those that wait for their turn. Stops the relay, waits up to 2.5 s for publications in flight, and records
   * in the ledger which jobs were sent. Broker and store stay open. Safe to call twice.
   */
  close(): Promise<void>;
}

/** Creates a job client. With a store it also relays jobs that the broker could not take, until it is closed. */
export function createJobClient(options: JobClientOptions): JobClient {
  const { broker, store, clock = systemClock, random = systemRandom } = options;
  const logger = toLogger(options.logger);
  const ledger = store && openLedger({ broker, store, clock, logger });
  const acceptor = ledger?.acceptor ?? createDirectAcceptor(broker, clock);
  const turns = createTurns(clock);

  function toEntry(
    definition: JobDefinition,
    payload: unknown,
    { id, delayMs = 0, priority = definition.priority, tags = [], headers = {}, parentId }: EnqueueOptions,
  ): Promise<LedgerEntry> {
    return toLedgerEntry(definition, payload, {
      id: id ?? newId(clock, random),
      isIdGiven: id !== undefined,
      delayMs,
      priority,
      tags: joinTags(definition.tags, tags),
      headers: withParent(headers, parentId),
      createdAt: clock.now(),
    });
  }

  async function toEntries(
    definition: JobDefinition,
    payloads: readonly unknown[],
    { ids, ...shared }: EnqueueManyOptions,
  ): Promise<readonly LedgerEntry[]> {
    const entries: LedgerEntry[] = [];
    while (entries.length < payloads.length) {
      const from = entries.length;
      const slice = payloads.slice(from, from + SLICE_SIZE).map((payload, index) => {
        const id = ids?.[from + index];
        return toEntry(definition, payload, id === undefined ? shared : { ...shared, id });
      });
      for (const entry of await Promise.all(slice)) entries.push(entry);
      if (entries.length < payloads.length) await giveWay();
    }
    return entries;
  }

  /** Hands jobs to the stores when it is their turn. */
  async function accept(entries: readonly LedgerEntry[]): Promise<readonly Acceptance[]> {
    const lot = { jobCount: entries.length, sizeBytes: sizeOf(entries) };
    const turn = turns.take(lot);
    if (turn !== undefined) await turn;
    const { acceptances, over } = await acceptor.accept(entries, ACCEPT_WITHIN_MS).catch((error: unknown) => {
      turns.end(lot, false);
      throw error;
    });
    const end = () => turns.end(lot, true);
    over.then(end, end);
    const conflict = entries[acceptances.indexOf('conflict')];
    if (conflict !== undefined) throw conflictOf(conflict);
    return acceptances;
  }

  async function acceptInSlices(entries: readonly LedgerEntry[]): Promise<readonly Acceptance[]> {
    const answers: Acceptance[] = [];
    for (const slice of slicesOf(entries)) {
      const acceptedCount = answers.length;
      if (acceptedCount > 0) await giveWay();
      try {
        for (const answer of await accept(slice)) answers.push(answer);
      } catch (cause) {
        throw ofMany(cause, { acceptedCount, jobCount: entries.length });
      }
    }
    return answers;
  }

  return {
    async enqueue(definition, payload, options = {}) {
      if (options.id !== undefined) requireId(options.id);
      if (options.parentId !== undefined) requireId(options.parentId);
      requireSendable(options);
      const entry = await toEntry(definition, payload, options);
      const [answer] = await accept([entry]);
      return toReceipt(entry, answer);
    },
    async enqueueMany(definition, payloads, options = {}) {
      requireIds(options.ids, payloads.length);
      requireSendable(options);
      const entries = await toEntries(definition, payloads, options);
      const answers = await acceptInSlices(entries);
      return entries.map((entry, index) => toReceipt(entry, answers[index]));
    },
    async close() {
      turns.close();
      const idle = new AbortController();
      const end = () => idle.abort();
      Promise.all([ledger?.relay.stop(), acceptor.idle()]).then(end, end);
      await sleep(clock, CLOSE_WITHIN_MS, idle.signal);
      await ledger?.close();
    },
  };
}

function toReceipt({ outgoing: { message } }: LedgerEntry, answer: Acceptance): Receipt {
  return { id: message.id, isNew: answer === undefined ? undefined : answer === 'new' };
}

function conflictOf({ outgoing: { message } }: LedgerEntry): LeveretError {
  const { id: jobId, kind, queue } = message;
  return new LeveretError(
    'ID_CONFLICT',
    `the id ${jobId} belongs to a job of another kind, queue or payload`,
    { details: { jobId, kind, queue } },
  );
}

/** The error for some of many jobs that were not accepted. */
function ofMany(
  cause: unknown,
  counts: { readonly acceptedCount: number; readonly jobCount: number },
): unknown {
  if (!(cause instanceof LeveretError)) return cause;
  const { acceptedCount, jobCount } = counts;
  return new LeveretError(
    cause.code,
    `${acceptedCount} of ${jobCount} jobs were accepted: ${cause.message}`,
    {
      cause,
      details: { ...cause.details, ...counts },
    },
  );
}

/** What a client with a ledger does besides. */
function openLedger({ broker, store, clock, logger }: LedgerOptions) {
  const dispatched = createIdLog({ note: (ids) => store.markDispatched(ids), clock, logger });
  const released = createIdLog({ note: (ids) => store.holdUndispatched(ids, 0), clock, logger });
  const held = createHeldJobs(store, clock);
  const shared = { broker, store, dispatched, released, held, clock, logger };
  return {
    relay: startRelay(shared),
    acceptor: createLedgeredAcceptor(shared),
    async close() {
      await Promise.all([dispatched.close(), released.close()]);
    },
  };
}

type LedgerOptions = Required<Pick<JobClientOptions, 'broker' | 'store' | 'clock' | 'logger'>>;
