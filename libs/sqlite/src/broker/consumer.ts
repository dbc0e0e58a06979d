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
import type { SqliteDatabase } from '../database.ts';
import type { SqlRow } from '../file/libsql.ts';
import type { SettleInput } from '../operations/message-operations.ts';
import type { Poller } from '../poller.ts';
import { toMessage, toMessageRow, toOutgoingRow } from '../rows/message-rows.ts';
import { createSuccessRows, type EmittedList } from '../rows/success-rows.ts';
import { asBrokerFailure } from './broker-failure.ts';

/** Pause after a claim or a release that failed, in milliseconds. */
const RETRY_MS = 100;

/** What a consumer works with. */
export interface ConsumerOptions extends ConsumeOptions {
  readonly queue: string;
  readonly database: SqliteDatabase;
  readonly poller: Poller;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when a settlement or a release left work for another part of this process. */
  readonly onChange: (change: Change) => void;
}

/** What work a settlement or a release left. */
export interface Change {
  readonly queue: string;
  readonly hasEvents: boolean;
  readonly hasDeadLetter: boolean;
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
  /** Gives back what is still unsettled, once. */
  releaseAll(): Promise<void>;
}

/** One delivery. A message that was given back and claimed again is another one, of the same number. */
interface Held {
  readonly seq: number;
}

/** Creates a consumer. It claims when it has room: a settlement and the claim that follows it are one commit. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const { queue, prefetch, onDelivery, database, poller, clock, logger, onChange } = options;
  const held = new Set<Held>();
  const toSuccessRow = createSuccessRows();
  const settling = new Map<Held, Promise<void>>();
  /** Given back in vain, to be tried again; nobody else can have them meanwhile. */
  const unreturned = new Set<number>();
  let returningCount = 0;
  let claiming: Promise<void> | undefined;
  let lookAgain = false;
  let cancelLook: Cancel | undefined;
  let cancelReturn: Cancel | undefined;
  let stopped = false;
  let closed = false;
  const leave = poller.add({ queue, isDue: ({ queues }) => queues.includes(queue), onWork: look });

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
    cancelLook?.();
    cancelLook = lookInMs === undefined ? undefined : clock.schedule(lookInMs, look);
  }

  /** Resolves with the milliseconds after which to look again; undefined when a poll or a settlement will. */
  async function claim(): Promise<number | undefined> {
    const room = prefetch - held.size + settling.size;
    if (room <= 0) return undefined;
    const [rows, nextDueInMs] = await database.call('claim', queue, room, database.time.now(clock));
    if (stopped) {
      await giveBack(
        rows.map(([seq]) => Number(seq)),
        false,
      );
      return undefined;
    }
    for (const delivery of rows.map(toDelivery)) onDelivery(delivery);
    return rows.length === room ? 0 : nextDueInMs;
  }

  function toDelivery([seq, redelivered, resent, returns, ...row]: SqlRow): Delivery {
    const mine: Held = { seq: Number(seq) };
    held.add(mine);
    return {
      message: toMessage(row),
      origin: redelivered === 1 ? 'returned' : resent === 1 ? 'resent' : 'first',
      returnCount: Number(returns),
      settle(settlement) {
        const underWay = settling.get(mine);
        if (underWay !== undefined) return underWay;
        return held.has(mine) ? settle(mine, settlement) : Promise.resolve();
      },
      release() {
        if (settling.has(mine) || !held.delete(mine)) return;
        startGiveBack([mine.seq]);
      },
      isLost: () => false,
    };
  }

  function toList(events: SettleOptions['events']): EmittedList | undefined {
    const [event] = events;
    if (event === undefined) return undefined;
    return (events.length === 1 ? toSuccessRow(event) : undefined) ?? JSON.stringify(events);
  }

  function settle(mine: Held, settlement: SettleOptions): Promise<void> {
    const now = database.time.now(clock);
    const work = database
      .call('settle', toSettleInput(mine.seq, settlement.successor, toList(settlement.events), now), now)
      .then(
        (lost) => {
          held.delete(mine);
          const { successor, events } = settlement;
          if (lost !== undefined)
            logger.warn({ queue }, 'a job was settled that others had taken over: it may run twice');
          else if (successor !== undefined || events.length > 0)
            onChange({
              queue,
              hasEvents: events.length > 0,
              hasDeadLetter: successor?.kind === 'dead-letter',
            });
        },
        (cause: unknown) => {
          throw asBrokerFailure(cause);
        },
      )
      .finally(() => settling.delete(mine));
    settling.set(mine, work);
    look();
    return work;
  }

  /** Gives jobs back, and those that could not be given back before. Never rejects: it tries again. */
  async function giveBack(seqs: readonly number[], areDelivered = true): Promise<void> {
    const all = [...seqs, ...unreturned];
    const wereDelivered = areDelivered || unreturned.size > 0;
    unreturned.clear();
    if (all.length === 0) return;
    returningCount += 1;
    try {
      await database.call('release', all, wereDelivered);
      onChange({ queue, hasEvents: false, hasDeadLetter: false });
      look();
    } catch (error) {
      logger.warn({ queue, error: messageOf(error) }, 'cannot give jobs back: will try again');
      for (const seq of all) unreturned.add(seq);
      cancelReturn?.();
      cancelReturn = closed ? undefined : clock.schedule(RETRY_MS, () => startGiveBack([]));
    } finally {
      returningCount -= 1;
    }
  }

  function startGiveBack(seqs: readonly number[]): void {
    giveBack(seqs).catch((error: unknown) =>
      logger.error({ queue, error: messageOf(error) }, 'giving jobs back went wrong'),
    );
  }

  async function stop(): Promise<void> {
    stopped = true;
    leave();
    cancelLook?.();
    await claiming;
  }

  look();
  return {
    queue,
    look,
    stop,
    isDone: () => stopped && held.size + unreturned.size + returningCount === 0 && claiming === undefined,
    async settled() {
      await Promise.allSettled(settling.values());
    },
    async releaseAll() {
      closed = true;
      cancelReturn?.();
      const seqs = [...held].map(({ seq }) => seq);
      held.clear();
      await giveBack(seqs);
    },
  };
}

function toSettleInput(
  seq: number,
  successor: SettleOptions['successor'],
  list: EmittedList | undefined,
  now: number,
): SettleInput {
  const events = list === undefined ? {} : { events: list };
  switch (successor?.kind) {
    case undefined:
      return { seq, ...events };
    case 'requeue':
      return { seq, ...events, requeue: toOutgoingRow(successor, now) };
    case 'dead-letter':
      return {
        seq,
        ...events,
        deadLetter: { row: toMessageRow(successor.message), failure: successor.failure },
      };
  }
}
