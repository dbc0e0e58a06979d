import {
  ACCEPTED_HOLD_MS,
  type AcceptanceStore,
  type Broker,
  type Clock,
  type JobMessage,
  type Logger,
  messageOf,
  type OutgoingMessage,
  sleep,
} from '@leveret/core';
import type { HeldJobs } from './held-jobs.ts';
import type { IdLog } from './id-log.ts';
import { isAway } from './outcome.ts';

/** How often the relay asks the ledger, in milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** Most jobs sent on in one go. */
const BATCH_SIZE = 200;
/** Most that the payloads of jobs sent on in one go take together, in bytes; one job may take more. */
const BATCH_BYTES = 4_194_304;
/** How many jobs that cannot be sent are remembered, so that each is logged once. */
const MAX_TOLD = 10_000;

interface RelayOptions {
  readonly broker: Broker;
  readonly store: AcceptanceStore;
  readonly dispatched: IdLog;
  readonly released: IdLog;
  readonly held: HeldJobs;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A relay at work. */
export interface Relay {
  /** Claims no more; resolves when what it has claimed is sent, or cannot be. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Sends to the broker what only the ledger has: jobs accepted while the broker was away, or by a process that died before
 * the broker had confirmed. They keep their ids and are marked as copies, because the broker may have them after all. Each is
 * sent by itself: one that the broker refuses keeps no other back. As long as a process is publishing a job, it
 * holds the job in the ledger, and no relay sends it.
 */
export function startRelay(options: RelayOptions): Relay {
  const { broker, store, dispatched, released, held, clock, logger } = options;
  const stopping = new AbortController();
  const told = new Set<string>();
  let sending: Promise<void> | undefined;
  /** When the ledger was last known not to be usable: holds may have run out meanwhile although their processes live. */
  let ledgerAwayAt: number | undefined;

  async function send(messages: readonly OutgoingMessage[]): Promise<void> {
    const place = held.add(messages.map(({ message }) => message.id));
    const sent: JobMessage[] = [];
    const left: string[] = [];
    let away: unknown;
    const publications = messages.map(async (outgoing) => {
      const { id } = outgoing.message;
      try {
        await broker.publish([{ ...outgoing, isResent: true }]);
        sent.push(outgoing.message);
      } catch (error) {
        if (!isAway(error)) return tellOnce(id, error);
        away = error;
        left.push(id);
      }
    });
    await Promise.all(publications);
    held.remove(place);
    released.add(left);
    await note(sent);
    if (sent.length > 0) logger.info({ jobCount: sent.length }, 'sent jobs on that the broker had missed');
    if (left.length > 0) throw away;
  }

  /** Messages of jobs that control has superseded are few: they are noted here, by generation. */
  async function note(sent: readonly JobMessage[]): Promise<void> {
    dispatched.add(sent.filter(({ generation }) => generation === 0).map(({ id }) => id));
    const generations = new Set(
      sent.map(({ generation }) => generation).filter((generation) => generation > 0),
    );
    try {
      for (const generation of generations) {
        const ids = sent.filter((message) => message.generation === generation).map(({ id }) => id);
        await store.markDispatched(ids, generation);
      }
    } catch (error) {
      logger.warn(
        { error: messageOf(error) },
        'cannot record in the ledger which jobs were sent: they are sent again, as copies',
      );
    }
  }

  function tellOnce(jobId: string, error: unknown): void {
    if (told.has(jobId) || told.size >= MAX_TOLD) return;
    told.add(jobId);
    logger.error({ jobId, error: messageOf(error) }, 'the broker refuses a job: it is kept in the ledger');
  }

  async function claim(): Promise<readonly OutgoingMessage[]> {
    try {
      // What the broker has is not to be claimed only because that is not noted yet.
      await dispatched.flush();
      return await store.claimUndispatched({
        limit: BATCH_SIZE,
        maxBytes: BATCH_BYTES,
        leaseMs: ACCEPTED_HOLD_MS,
      });
    } catch (error) {
      ledgerAwayAt = clock.monotonic();
      throw error;
    }
  }

  async function sendClaimed(): Promise<void> {
    while (!stopping.signal.aborted) {
      const claimed = await claim();
      if (claimed.length === 0) return;
      await send(claimed);
    }
  }

  function isLedgerBack(): boolean {
    if (store.status().state !== 'up') ledgerAwayAt = clock.monotonic();
    return ledgerAwayAt === undefined || clock.monotonic() - ledgerAwayAt >= ACCEPTED_HOLD_MS;
  }

  function warn(error: unknown): void {
    logger.warn({ error: messageOf(error) }, 'cannot send accepted jobs to the broker: will try again');
  }

  /** Sending takes as long as the broker takes; holds are renewed meanwhile. */
  async function look(): Promise<void> {
    if (store.status().state === 'up') await held.renew().catch(warn);
    if (sending !== undefined || !isLedgerBack() || broker.status().state !== 'up') return;
    sending = sendClaimed()
      .catch(warn)
      .finally(() => {
        sending = undefined;
      });
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(clock, LOOK_EVERY_MS, stopping.signal);
      if (!stopping.signal.aborted) await look();
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
      await sending;
    },
  };
}
