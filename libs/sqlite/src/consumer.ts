import {
  type Cancel,
  type Clock,
  type ConsumeOptions,
  type Delivery,
  type Logger,
  messageOf,
  type SettleOptions,
  type Subscription,
} from '@leveret/core';
import { asBrokerFailure } from './broker-failure.ts';
import type { SqliteDatabase } from './database.ts';
import type { ClaimedMessage, SettleInput } from './message-operations.ts';
import type { Poller } from './poller.ts';

/** Pause after a claim that failed, in milliseconds. */
const RETRY_MS = 100;

/** What a consumer works with. */
export interface ConsumerOptions extends ConsumeOptions {
  readonly queue: string;
  readonly database: SqliteDatabase;
  readonly poller: Poller;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a settlement or a release left something for somebody of this process. */
  readonly onChange: (change: { readonly queue: string; readonly hasEvents: boolean }) => void;
}

/** A consumer of one queue. */
export interface Consumer extends Subscription {
  readonly queue: string;
  /** Looks whether there is something to claim. */
  look(): void;
  /** Settlements under way; settles when they have. Never rejects. */
  settled(): Promise<void>;
  /** Whether it is stopped and everything it delivered is settled or given back. */
  isDone(): boolean;
  /** Gives back what is still unsettled. */
  releaseAll(): Promise<void>;
}

/** Creates a consumer. It claims when it has room: a settlement and the claim that follows it are one commit. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { queue, prefetch, onDelivery, database, poller, clock, logger, onChange } = options;
  const held = new Set<number>();
  const settling = new Map<number, Promise<void>>();
  let claiming: Promise<void> | undefined;
  let lookAgain = false;
  let cancelTimer: Cancel | undefined;
  let stopped = false;
  const leave = poller.add({ queue, onWork: look });

  function look(): void {
    if (stopped) return;
    if (claiming !== undefined) {
      lookAgain = true;
      return;
    }
    lookAgain = false;
    // In a moment, so that all settlements of this turn count, and before the turn's calls are sent off.
    claiming = Promise.resolve()
      .then(claim)
      .then(claimed, (error: unknown) => {
        if (!stopped) logger.warn({ queue, error: messageOf(error) }, 'cannot claim jobs: will try again');
        claimed(RETRY_MS);
      });
  }

  function claimed(lookInMs: number | undefined): void {
    claiming = undefined;
    if (stopped) return;
    if (lookAgain || lookInMs === 0) return look();
    cancelTimer?.();
    cancelTimer = lookInMs === undefined ? undefined : clock.schedule(lookInMs, look);
  }

  /** Resolves with the milliseconds after which to look again; undefined when somebody will tell. */
  async function claim(): Promise<number | undefined> {
    const room = prefetch - held.size + settling.size;
    if (room <= 0) return undefined;
    const { messages, nextDueInMs } = await database.call('claim', queue, room, clock.now());
    if (stopped) {
      await database.call(
        'release',
        messages.map(({ seq }) => seq),
      );
      return undefined;
    }
    for (const message of messages) held.add(message.seq);
    for (const message of messages) onDelivery(toDelivery(message));
    return messages.length === room ? 0 : nextDueInMs;
  }

  function toDelivery({ seq, message, redelivered }: ClaimedMessage): Delivery {
    return {
      message,
      redelivered,
      settle(settlement) {
        const underWay = settling.get(seq);
        if (underWay !== undefined) return underWay;
        return held.has(seq) ? settle(seq, settlement) : Promise.resolve();
      },
      release() {
        if (settling.has(seq) || !held.delete(seq)) return;
        giveBack([seq]).catch((error: unknown) =>
          logger.warn({ queue, error: messageOf(error) }, 'cannot give a job back'),
        );
      },
    };
  }

  function settle(seq: number, settlement: SettleOptions): Promise<void> {
    const work = database
      .call('settle', toSettleInput(seq, settlement), clock.now())
      .then(
        () => {
          held.delete(seq);
          const { successor, events } = settlement;
          if (successor !== undefined || events.length > 0) onChange({ queue, hasEvents: events.length > 0 });
        },
        (cause: unknown) => {
          throw asBrokerFailure(cause);
        },
      )
      .finally(() => settling.delete(seq));
    settling.set(seq, work);
    look();
    return work;
  }

  async function giveBack(seqs: readonly number[]): Promise<void> {
    if (seqs.length === 0) return;
    await database.call('release', seqs);
    onChange({ queue, hasEvents: false });
    look();
  }

  async function stop(): Promise<void> {
    stopped = true;
    leave();
    cancelTimer?.();
    await claiming;
  }

  look();
  return {
    queue,
    look,
    stop,
    isDone: () => stopped && held.size === 0 && claiming === undefined,
    async settled() {
      await Promise.allSettled(settling.values());
    },
    async releaseAll() {
      const seqs = [...held];
      held.clear();
      await giveBack(seqs);
    },
  };
}

function toSettleInput(seq: number, { successor, events }: SettleOptions): SettleInput {
  const told = events.length > 0 ? { events: JSON.stringify(events) } : {};
  switch (successor?.kind) {
    case undefined:
      return { seq, ...told };
    case 'requeue':
      return { seq, ...told, requeue: { message: successor.message, delayMs: successor.delayMs } };
    case 'dead-letter':
      return { seq, ...told, deadLetter: { message: successor.message, failure: successor.failure } };
  }
}
