import {
  type Clock,
  type ControlStore,
  type LiveChannel,
  type Logger,
  messageOf,
  readConfirmation,
  SEEN_WITHIN_MS,
  type SeenWorker,
  type Subscription,
  sleep,
  toCommand,
  VIEW_RUNS_OUT_MS,
} from '@leveret/core';
import { isControlAway } from '../control-away.ts';

/** What the workers of some queues know of a decision. */
export interface Confirmation {
  /** Workers that have said that they know of it. */
  readonly confirmed: readonly SeenWorker[];
  /** Workers that have not: they have stopped, are frozen, or are cut off. They ask before they start another job. */
  readonly silent: readonly SeenWorker[];
  /**
   * No process with the ledger answers workers. Those that could not ask for 30 s start what they have, also what was decided against: start an API
   * process, and act again on what ran.
   */
  readonly isControlAway: boolean;
}

/** Waits until no worker can start any more what was decided against. */
export interface Confirmations {
  /**
   * Tells workers of a decision that is in the ledger, and waits until each of these queues knows of it, or its view has run out: at most
   * {@link VIEW_RUNS_OUT_MS}. @throws {LeveretError} `STORE_UNAVAILABLE`.
   */
  confirm(seq: number, queues: readonly string[]): Promise<Confirmation>;
  /** Stops listening. Never rejects. */
  close(): Promise<void>;
}

/** What waiting works with. */
export interface ConfirmationsOptions {
  readonly store: Pick<ControlStore, 'workers'>;
  readonly live: LiveChannel;
  /** Tells this process from others; becomes part of an address on the live channel. */
  readonly id: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One decision that is waited for. */
interface Waiting {
  readonly seq: number;
  readonly missing: Set<string>;
  readonly done: AbortController;
}

/** Creates what waits for workers. It listens from the first decision on. */
export function createConfirmations(options: ConfirmationsOptions): Confirmations {
  const { store, live, id, clock, logger } = options;
  const replyTo = `control.${id}`;
  const waiting = new Set<Waiting>();
  let listening: Promise<Subscription | undefined> | undefined;

  function note(instanceId: string, seq: number): void {
    for (const one of waiting) {
      if (seq < one.seq) continue;
      one.missing.delete(instanceId);
      if (one.missing.size === 0) one.done.abort();
    }
  }

  async function listen(): Promise<Subscription | undefined> {
    try {
      return await live.answer(replyTo, async (question) => {
        const { instanceId, seq } = readConfirmation(question);
        note(instanceId, seq);
        return null;
      });
    } catch (error) {
      listening = undefined;
      warn(error);
      return undefined;
    }
  }

  function warn(error: unknown): void {
    logger.warn(
      { error: messageOf(error) },
      'workers cannot be told at once: they learn of it when they next ask the ledger',
    );
  }

  return {
    async confirm(seq, queues) {
      const runsOutAt = clock.monotonic() + VIEW_RUNS_OUT_MS;
      const seen = await store.workers(SEEN_WITHIN_MS);
      const concerned = seen.filter((worker) => worker.queues.some((queue) => queues.includes(queue)));
      const asked = isControlAway(live, id);
      if (concerned.length === 0) return { confirmed: [], silent: [], isControlAway: await asked };
      const one: Waiting = {
        seq,
        missing: new Set(concerned.map(({ instanceId }) => instanceId)),
        done: new AbortController(),
      };
      waiting.add(one);
      try {
        listening ??= listen();
        await listening;
        await live.broadcast(toCommand({ seq, queues, replyTo })).catch(warn);
        const leftMs = runsOutAt - clock.monotonic();
        if (leftMs > 0 && one.missing.size > 0) await sleep(clock, leftMs, one.done.signal);
      } finally {
        waiting.delete(one);
      }
      const isSilent = ({ instanceId }: SeenWorker) => one.missing.has(instanceId);
      return {
        confirmed: concerned.filter((worker) => !isSilent(worker)),
        silent: concerned.filter(isSilent),
        isControlAway: await asked,
      };
    },
    async close() {
      const subscription = await listening;
      await subscription?.stop().catch(() => undefined);
    },
  };
}
