import {
  type Broker,
  type Clock,
  encodePayload,
  type JobDefinition,
  type JobStore,
  type Json,
  type LedgerEntry,
  LeveretError,
  type Logger,
  MAX_DELAY_MS,
  MAX_PAYLOAD_BYTES,
  MESSAGE_VERSION,
  newId,
  type PayloadInput,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
  validatePayload,
} from '@leveret/core';
import { createDirectAcceptance, createLedgeredAcceptance } from './acceptance.ts';
import { createDispatchLog } from './dispatch-log.ts';
import { startRelay } from './relay.ts';

/** What a job client works with. */
export interface JobClientOptions {
  readonly broker: Broker;
  /** The ledger. Without one (direct mode) a job is accepted once the broker has it, and cannot be looked up. */
  readonly store?: JobStore;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
}

/** How a job is enqueued. */
export interface EnqueueOptions {
  /** Id of the job, a UUID; a new one when left out. The same id enqueues the same job. */
  readonly id?: string;
  /** Whole milliseconds before its first attempt, up to ten years; 0 when left out. */
  readonly delayMs?: number;
  /** Sent along with the message, such as `traceparent`; at most a few short ones. */
  readonly headers?: Readonly<Record<string, string>>;
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
   * @throws {RangeError} for a delay that is not a whole number from 0 to ten years.
   */
  enqueue<Definition extends JobDefinition>(
    definition: Definition,
    payload: PayloadInput<Definition>,
    options?: EnqueueOptions,
  ): Promise<Receipt>;
  /** Like `enqueue` for many jobs of one kind: all are valid or none is enqueued; receipts in the order of the payloads. */
  enqueueMany<Definition extends JobDefinition>(
    definition: Definition,
    payloads: readonly PayloadInput<Definition>[],
    options?: Pick<EnqueueOptions, 'delayMs' | 'headers'>,
  ): Promise<readonly Receipt[]>;
  /** Stops relaying and notes what is still to be noted in the ledger. Broker and store stay open. Safe to call twice. */
  close(): Promise<void>;
}

/** Creates a job client. With a store it also relays jobs that the broker could not take, until it is closed. */
export function createJobClient(options: JobClientOptions): JobClient {
  const { broker, store, clock = systemClock, random = systemRandom, logger = silentLogger } = options;
  const dispatchLog = store && createDispatchLog({ store, clock, logger });
  const ledgered = store && dispatchLog && { broker, store, dispatchLog, clock, logger };
  const accept = ledgered ? createLedgeredAcceptance(ledgered) : createDirectAcceptance(broker);
  const relay = ledgered && startRelay(ledgered);

  async function toEntry(
    definition: JobDefinition,
    payload: unknown,
    options: EnqueueOptions,
  ): Promise<LedgerEntry> {
    const { id = newId(clock, random), delayMs = 0, headers = {} } = options;
    requireDelay(delayMs);
    await validatePayload(definition, payload);
    const body = encodePayload(payload);
    if (body.byteLength > MAX_PAYLOAD_BYTES) {
      throw new LeveretError(
        'PAYLOAD_TOO_LARGE',
        `the payload is ${body.byteLength} bytes of JSON, the limit is ${MAX_PAYLOAD_BYTES}`,
        { details: { kind: definition.kind, sizeBytes: body.byteLength, limitBytes: MAX_PAYLOAD_BYTES } },
      );
    }
    const { kind, queue, retry } = definition;
    const createdAt = clock.now();
    return {
      acceptance: {
        id,
        kind,
        queue,
        maxAttempts: retry.attempts,
        createdAt,
        delayMs,
        payload: payload as Json,
      },
      outgoing: {
        message: {
          version: MESSAGE_VERSION,
          id,
          kind,
          queue,
          attempt: 1,
          createdAt,
          heldMs: 0,
          body,
          headers,
        },
        delayMs,
      },
    };
  }

  return {
    async enqueue(definition, payload, options = {}) {
      const entry = await toEntry(definition, payload, options);
      await accept([entry]);
      return { id: entry.acceptance.id };
    },
    async enqueueMany(definition, payloads, options = {}) {
      const entries = await Promise.all(payloads.map((payload) => toEntry(definition, payload, options)));
      if (entries.length > 0) await accept(entries);
      return entries.map(({ acceptance }) => ({ id: acceptance.id }));
    },
    async close() {
      await relay?.stop();
      await dispatchLog?.close();
    },
  };
}

function requireDelay(delayMs: number): void {
  if (!Number.isInteger(delayMs) || delayMs < 0 || delayMs > MAX_DELAY_MS) {
    throw new RangeError(`delayMs must be a whole number from 0 to ${MAX_DELAY_MS}, got ${delayMs}`);
  }
}
