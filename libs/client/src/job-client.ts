import {
  type Broker,
  type Clock,
  type JobDefinition,
  type JobStore,
  type LedgerEntry,
  LeveretError,
  type Logger,
  messageOf,
  newId,
  type PayloadInput,
  type Random,
  silentLogger,
  sleep,
  systemClock,
  systemRandom,
  withDeadline,
} from '@leveret/core';
import { createDirectAcceptor, createLedgeredAcceptor } from './acceptance.ts';
import { createDispatchLog } from './dispatch-log.ts';
import {
  type EnqueueManyOptions,
  type EnqueueOptions,
  requireId,
  requireIds,
  requireSendable,
} from './enqueue-options.ts';
import { toLedgerEntry } from './ledger-entry.ts';
import { startRelay } from './relay.ts';
import { giveWay, SLICE_SIZE, slicesOf } from './slices.ts';

/** No answer takes longer than this, in milliseconds. */
const ACCEPT_WITHIN_MS = 2_500;
/** How long the ledger may take to say whether it knows a job, in milliseconds: part of the above. */
const KNOWN_WITHIN_MS = 500;
/** What was not waited for gets so long to end when the client is closed, in milliseconds. */
const CLOSE_WITHIN_MS = 2_500;

/** What a job client works with. */
export interface JobClientOptions {
  readonly broker: Broker;
  /** The ledger. Without one (direct mode) a job is accepted once the broker has it, and cannot be looked up. */
  readonly store?: JobStore;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** Proof that a job was accepted. */
export interface Receipt {
  readonly id: string;
}

/** Takes jobs on. A job whose receipt was given is durable: it survives the death of every process at once. */
export interface JobClient {
  /**
   * Resolves once the job is accepted: the broker has it, or the ledger has it and sends it on.
   * @throws {LeveretError} `PAYLOAD_INVALID`, `PAYLOAD_TOO_LARGE` (over 1 MiB of JSON), `ENQUEUE_UNAVAILABLE` (within 2.5 s;
   *   the job may exist all the same: repeat with the same id).
   * @throws {RangeError} for an id, a delay, a priority or headers out of bounds ({@link EnqueueOptions}).
   */
  enqueue<Definition extends JobDefinition>(
    definition: Definition,
    payload: PayloadInput<Definition>,
    options?: EnqueueOptions,
  ): Promise<Receipt>;
  /**
   * Like `enqueue` for many jobs of one kind: all are valid or none is enqueued; receipts in the order of the payloads. They
   * are sent a thousand at a time, one lot after the other, each within 2.5 s.
   * @throws {LeveretError} as `enqueue` does. The details of `ENQUEUE_UNAVAILABLE` say how many jobs were accepted, the first
   *   `acceptedCount` of `jobCount`; of the thousand behind them any may exist all the same. Enqueue the others again under the
   *   `ids` they had: none becomes two jobs, though one that exists already may run once more.
   */
  enqueueMany<Definition extends JobDefinition>(
    definition: Definition,
    payloads: readonly PayloadInput<Definition>[],
    options?: EnqueueManyOptions,
  ): Promise<readonly Receipt[]>;
  /**
   * Stops relaying, waits up to 2.5 s for what is still under way, and notes what is to be noted in the ledger. Broker and
   * store stay open. Safe to call twice.
   */
  close(): Promise<void>;
}

/** Creates a job client. With a store it also relays jobs that the broker could not take, until it is closed. */
export function createJobClient(options: JobClientOptions): JobClient {
  const { broker, store, clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const ledger = store && openLedger({ broker, store, clock, logger });
  const acceptor = ledger?.acceptor ?? createDirectAcceptor(broker, clock);

  function toEntry(
    definition: JobDefinition,
    payload: unknown,
    { id = newId(clock, random), delayMs = 0, priority = definition.priority, headers = {} }: EnqueueOptions,
  ): Promise<LedgerEntry> {
    return toLedgerEntry(definition, payload, { id, delayMs, priority, headers, createdAt: clock.now() });
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

  async function acceptInSlices(entries: readonly LedgerEntry[]): Promise<void> {
    let acceptedCount = 0;
    for (const slice of slicesOf(entries)) {
      if (acceptedCount > 0) await giveWay();
      try {
        await acceptor.accept(slice, ACCEPT_WITHIN_MS);
      } catch (cause) {
        throw new LeveretError(
          'ENQUEUE_UNAVAILABLE',
          `${acceptedCount} of ${entries.length} jobs were accepted: ${messageOf(cause)}`,
          { cause, details: { acceptedCount, jobCount: entries.length } },
        );
      }
      acceptedCount += slice.length;
    }
  }

  return {
    async enqueue(definition, payload, options = {}) {
      const { id, unlessKnown = false } = options;
      if (id !== undefined) requireId(id);
      requireSendable(options);
      const entry = await toEntry(definition, payload, options);
      const receipt = { id: entry.outgoing.message.id };
      if (!unlessKnown || ledger === undefined) {
        await acceptor.accept([entry], ACCEPT_WITHIN_MS);
      } else if (!(await ledger.knows(receipt.id))) {
        await acceptor.accept([entry], ACCEPT_WITHIN_MS - KNOWN_WITHIN_MS);
      }
      return receipt;
    },
    async enqueueMany(definition, payloads, options = {}) {
      requireIds(options.ids, payloads.length);
      requireSendable(options);
      const entries = await toEntries(definition, payloads, options);
      await acceptInSlices(entries);
      return entries.map(({ outgoing }) => ({ id: outgoing.message.id }));
    },
    async close() {
      const idle = new AbortController();
      await ledger?.relay.stop();
      const end = () => idle.abort();
      acceptor.idle().then(end, end);
      await sleep(clock, CLOSE_WITHIN_MS, idle.signal);
      await ledger?.dispatchLog.close();
    },
  };
}

/** What a client with a ledger does besides. */
function openLedger({ broker, store, clock, logger }: LedgerOptions) {
  const dispatchLog = createDispatchLog({ store, clock, logger });
  const relay = startRelay({ broker, store, dispatchLog, clock, logger });
  return {
    dispatchLog,
    relay,
    acceptor: createLedgeredAcceptor({ broker, store, dispatchLog, clock, logger }),
    /** Whether the ledger is known to know the job: then either the broker has it, or the relay sends it on. */
    async knows(id: string): Promise<boolean> {
      if (store.status().state !== 'up') return false;
      const late = () => new Error(`no answer within ${KNOWN_WITHIN_MS} ms`);
      try {
        return (await withDeadline(clock, KNOWN_WITHIN_MS, store.get(id), late)) !== undefined;
      } catch (error) {
        logger.warn(
          { jobId: id, error: messageOf(error) },
          'cannot ask the ledger for a job: it is sent, perhaps once more',
        );
        return false;
      }
    },
  };
}

type LedgerOptions = Required<Pick<JobClientOptions, 'broker' | 'store' | 'clock' | 'logger'>>;
