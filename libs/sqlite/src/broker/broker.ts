import {
  type Broker,
  type Clock,
  type JobEvent,
  LeveretError,
  type Logger,
  messageOf,
  type OutgoingMessage,
  RunsInFlight,
  requireQueueNames,
  sleep,
  systemClock,
  toLogger,
} from '@leveret/core';
import type { SqliteDatabase } from '../database.ts';
import { type EventRecording, startEventRecording } from '../ledger/event-recording.ts';
import { createPoller } from '../poller.ts';
import { toOutgoingRow } from '../rows/message-rows.ts';
import { unlessBroken } from './broker-failure.ts';
import { type Change, type Consumer, createConsumer } from './consumer.ts';
import { type DeadLetterTaking, startDeadLetterTaking } from './dead-letter-taking.ts';
import { createLiveChannel } from './live-channel.ts';

/** `Broker.name` of a broker in a SQLite file. */
export const SQLITE_NAME = 'sqlite';
const CLOSED = 'the broker is closed';

/** What the broker works with. */
export interface SqliteBrokerOptions {
  /** Stays open when the broker is closed. */
  readonly database: SqliteDatabase;
  readonly clock?: Clock;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/**
 * A broker kept in a SQLite file, for the processes of one machine. Successor, events and acknowledgement of a settlement are
 * one transaction; what a process held is taken over within 250 ms when the process is gone, whatever ended it, and in
 * whichever container it was.
 */
export function createSqliteBroker({
  database,
  clock = systemClock,
  logger: given,
}: SqliteBrokerOptions): Broker {
  const logger = toLogger(given);
  const poller = createPoller(database, clock, logger);
  const consumers = new Set<Consumer>();
  const recordings = new Set<EventRecording>();
  const takings = new Set<DeadLetterTaking>();
  const inFlight = new RunsInFlight();
  const live = createLiveChannel({ database, poller, clock, logger, refuseWhenClosed });
  let closing: Promise<void> | undefined;

  function refuseWhenClosed(): void {
    if (closing !== undefined)
      throw new LeveretError('BROKER_UNAVAILABLE', CLOSED, { details: { outcome: 'not-stored' } });
  }

  /** Consumers of this process need not wait until the poll finds what this process has left for them. */
  function wakeQueue(queue: string): void {
    for (const consumer of consumers) if (consumer.queue === queue) consumer.look();
  }

  function wakeForEvents(): void {
    for (const recording of recordings) recording.noteEmitted();
    live.wake();
  }

  function wakeForDeadLetters(queue: string): void {
    for (const taking of takings) if (taking.queue === queue) taking.look();
  }

  function publish(messages: readonly OutgoingMessage[]): Promise<void> {
    const [only] = messages;
    if (only === undefined || messages.length > 1) return publishMany(messages);
    return inFlight.find(only.message) ?? store(messages);
  }

  async function publishMany(messages: readonly OutgoingMessage[]): Promise<void> {
    refuseWhenClosed();
    const outcomes: Promise<void>[] = [];
    const rest = messages.filter(({ message }) => {
      const joined = inFlight.find(message);
      if (joined !== undefined) outcomes.push(joined);
      return joined === undefined;
    });
    if (rest.length > 0) outcomes.push(store(rest));
    await Promise.all(outcomes);
  }

  async function store(messages: readonly OutgoingMessage[]): Promise<void> {
    refuseWhenClosed();
    const now = database.time.now(clock);
    const rows = messages.map((message) => toOutgoingRow(message, now));
    const outcome = unlessBroken(database.call('publish', rows, now));
    for (const { message } of messages) inFlight.add(message, outcome);
    try {
      await outcome;
    } finally {
      for (const { message } of messages) inFlight.remove(message);
    }
    for (const queue of new Set(messages.map(({ message }) => message.queue))) wakeQueue(queue);
  }

  async function emit(events: readonly JobEvent[]): Promise<void> {
    refuseWhenClosed();
    if (events.length === 0) return;
    await unlessBroken(database.call('emit', JSON.stringify(events), database.time.now(clock)));
    wakeForEvents();
  }

  /** Every step is done, whichever fails: what is not given back here is, when the database is closed. */
  async function close(graceMs: number): Promise<void> {
    const all = [...consumers, ...recordings, ...takings, ...live.listenings()];
    await attempt(all.map((subscription) => subscription.stop()));
    const inTime = new AbortController();
    const settled = attempt([...consumers].map((consumer) => consumer.settled()));
    await Promise.race([settled.then(() => inTime.abort()), sleep(clock, graceMs, inTime.signal)]);
    poller.close();
    await attempt([...consumers].map((consumer) => consumer.releaseAll()));
  }

  async function attempt(steps: readonly Promise<void>[]): Promise<void> {
    for (const outcome of await Promise.allSettled(steps)) {
      if (outcome.status === 'rejected')
        logger.warn({ error: messageOf(outcome.reason) }, 'the broker could not be closed in good order');
    }
  }

  return {
    name: SQLITE_NAME,
    async declare(queues) {
      refuseWhenClosed();
      // A queue is there as soon as a message names it.
      requireQueueNames(queues);
    },
    publish,
    emit,
    async consume(queue, { prefetch, onDelivery }) {
      refuseWhenClosed();
      const onChange = (change: Change) => {
        wakeQueue(change.queue);
        if (change.hasEvents) wakeForEvents();
        if (change.hasDeadLetter) wakeForDeadLetters(change.queue);
      };
      const shared = { database, poller, clock, logger };
      const consumer = createConsumer({ queue, prefetch, onDelivery, onChange, ...shared });
      for (const other of consumers) if (other.isDone()) consumers.delete(other);
      consumers.add(consumer);
      return consumer;
    },
    async recordEvents(onBatch, { ledgerId } = {}) {
      refuseWhenClosed();
      const isOwnLedger =
        ledgerId !== undefined && ledgerId === (await unlessBroken(database.call('ledgerId')));
      refuseWhenClosed();
      const taker = { holder: database.nextHolder(), isOwnLedger };
      const recording = startEventRecording({ taker, onBatch, database, poller, clock, logger });
      recordings.add(recording);
      return recording;
    },
    async takeDeadLetters(queue, onBatch) {
      refuseWhenClosed();
      const taking = startDeadLetterTaking({ queue, onBatch, database, poller, clock, logger });
      takings.add(taking);
      return taking;
    },
    async takeUnroutable() {
      refuseWhenClosed();
      return { stop: () => Promise.resolve() };
    },
    live: live.channel,
    async inspect(queues) {
      refuseWhenClosed();
      return unlessBroken(database.call('inspect', queues, database.time.now(clock)));
    },
    async inspectEvents() {
      refuseWhenClosed();
      return unlessBroken(database.call('countEvents'));
    },
    status() {
      const reason = closing === undefined ? database.trouble() : CLOSED;
      if (reason !== undefined) return { state: 'down', code: 'BROKER_UNAVAILABLE', reason };
      const shortage = database.shortage();
      if (shortage === undefined) return { state: 'up' };
      return { state: 'blocked', code: 'BROKER_BLOCKED', reason: shortage };
    },
    close(graceMs) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}
