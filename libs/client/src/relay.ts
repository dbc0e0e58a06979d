import {
  type Broker,
  type Clock,
  type JobStore,
  LeveretError,
  type Logger,
  messageOf,
  type OutgoingMessage,
  sleep,
} from '@leveret/core';
import type { DispatchLog } from './dispatch-log.ts';

/** How often the relay looks, in milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** Nobody else sends a claimed job again for this long, in milliseconds. */
const LEASE_MS = 30_000;
/** Most jobs sent again in one go. */
const BATCH_SIZE = 200;
/** Most that the payloads of jobs sent again in one go take together, in bytes; one job may take more. */
const BATCH_BYTES = 4_194_304;
/** So many jobs that cannot be sent are remembered, each to be told once. */
const MAX_TOLD = 10_000;

interface RelayOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly dispatchLog: DispatchLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A relay at work. */
export interface Relay {
  /** Resolves when it has stopped. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Sends to the broker what only the ledger has: jobs accepted while the broker was away, or by a process that died before
 * the broker had confirmed. They keep their ids, so a job that the broker had after all is an ordinary redelivery. Each is
 * sent by itself: one that the broker refuses keeps no other back.
 */
export function startRelay({ broker, store, dispatchLog, clock, logger }: RelayOptions): Relay {
  const stopping = new AbortController();
  const told = new Set<string>();
  let unsent: { readonly messages: readonly OutgoingMessage[]; readonly claimedAt: number } | undefined;

  /** Sends what was claimed at `claimedAt`. @throws when the broker takes nothing at the moment. */
  async function send(messages: readonly OutgoingMessage[], claimedAt: number): Promise<void> {
    const sent: string[] = [];
    const left: OutgoingMessage[] = [];
    let away: unknown;
    const sending = messages.map(async (outgoing) => {
      const { id } = outgoing.message;
      const delayMs = Math.max(0, Math.ceil(outgoing.delayMs - (clock.monotonic() - claimedAt)));
      try {
        await broker.publish([{ ...outgoing, delayMs, isResent: true }]);
        sent.push(id);
      } catch (error) {
        if (!isAway(error)) return tellOnce(id, error);
        away = error;
        left.push(outgoing);
      }
    });
    await Promise.all(sending);
    dispatchLog.add(sent);
    if (sent.length > 0) logger.info({ jobCount: sent.length }, 'sent jobs on that the broker had missed');
    if (left.length === 0) return;
    unsent = { messages: left, claimedAt };
    throw away;
  }

  /** What could not be sent is still leased to this process, and to no other: the ledger would give it to nobody for a while. */
  async function sendUnsent(): Promise<void> {
    if (unsent === undefined) return;
    const { messages, claimedAt } = unsent;
    unsent = undefined;
    if (clock.monotonic() - claimedAt >= LEASE_MS) return;
    await send(messages, claimedAt);
  }

  function tellOnce(jobId: string, error: unknown): void {
    if (told.has(jobId) || told.size >= MAX_TOLD) return;
    told.add(jobId);
    logger.error({ jobId, error: messageOf(error) }, 'the broker refuses a job: it is kept in the ledger');
  }

  async function sendOverdue(): Promise<void> {
    await sendUnsent();
    for (;;) {
      const claimedAt = clock.monotonic();
      const overdue = await store.claimUndispatched({
        limit: BATCH_SIZE,
        maxBytes: BATCH_BYTES,
        leaseMs: LEASE_MS,
      });
      if (overdue.length > 0) await send(overdue, claimedAt);
      if (overdue.length === 0 || stopping.signal.aborted) return;
    }
  }

  async function look(): Promise<void> {
    if (broker.status().state !== 'up') return;
    try {
      await sendOverdue();
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'cannot send on jobs that the broker missed: will try again');
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(clock, LOOK_EVERY_MS, stopping.signal);
      if (!stopping.signal.aborted) await look();
    }
  }

  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}

/** Whether the broker takes nothing at the moment, or just not this message. */
function isAway(error: unknown): boolean {
  return (
    error instanceof LeveretError && (error.code === 'BROKER_UNAVAILABLE' || error.code === 'BROKER_BLOCKED')
  );
}
