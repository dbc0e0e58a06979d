import {
  type AcceptanceStore,
  answerLedgerQuestion,
  type Broker,
  type Clock,
  type ControlStore,
  createAttemptLedger,
  createControlSource,
  createRemoteInstances,
  type ErrorCode,
  type JobDefinition,
  LEDGER_ADDRESS,
  type LeveretError,
  type Logger,
  MAX_COUNTED_EVENTS,
  messageOf,
  type RecordableEvent,
  type RecordingStore,
  type RetentionRule,
  readEvent,
  requireRetentionRules,
  type Subscription,
  systemClock,
  toKeptEventsWords,
  toLogger,
  type UnappliedEvent,
} from '@leveret/core';
import { moveDeadLetters } from './dead-letters.ts';
import { createLedgerWrites } from './ledger-writes.ts';
import { recordMissingReferences } from './missing-references.ts';
import { startReapplying } from './reapplying.ts';
import { createReports } from './reports.ts';
import { startRetention } from './retention.ts';

/** Most events that are applied together: more would hold up everybody else who writes to the ledger. */
const MAX_TOGETHER = 1_000;

/** The part of a ledger that a recorder works with: it records, and answers what workers ask. */
export type RecorderStore = RecordingStore &
  Pick<AcceptanceStore, 'get'> &
  Pick<ControlStore, 'view' | 'noteWorker' | 'forgetWorker'>;

/** What a recorder works with. */
export interface RecorderOptions {
  readonly broker: Broker;
  readonly store: RecorderStore;
  /**
   * How long finished jobs are kept: the first rule for a kind and state counts. Jobs without a rule are kept for 7 days; jobs that are not
   * finished, and dead ones, always.
   */
  readonly retention?: readonly RetentionRule[];
  /**
   * The kinds whose jobs refer to files: no job is deleted before it is recorded to what those refer that were accepted earlier. All kinds of the application may be named.
   */
  readonly definitions?: readonly JobDefinition[];
  readonly clock?: Clock;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/** Whether a recorder may record, and if not, why. */
export type RecorderStatus = (
  | { readonly state: 'up' }
  /**
   * Until a person changes something, events wait in the broker or go to another recorder. `reason` is for operators, `code` is fit for
   * everybody.
   */
  | { readonly state: 'down'; readonly code: ErrorCode; readonly reason: string }
) & {
  /** The ledger keeps events that cannot be applied. Looked up every minute. Fit for everybody. */
  readonly warning?: string;
};

/**
 * Carries job events and dead letters from the broker into the ledger, answers what workers ask of the ledger, reports how far the ledger is, and
 * deletes what is no longer kept.
 */
export interface Recorder {
  /**
   * Begins. Several recorders of one ledger may be started, in several processes: one at a time is given events. Once stopped, also
   * meanwhile, a recorder takes none: create another.
   * @throws {LeveretError} `LEDGER_MISMATCH` when another ledger records the events of this broker.
   */
  start(): Promise<void>;
  /** Whether this recorder may record. Answers from memory, at once. That broker or ledger are away is theirs to tell. */
  status(): RecorderStatus;
  /** Finishes the batch at hand and stops. Safe to call twice, and before `start`. */
  stop(): Promise<void>;
}

/**
 * Creates a recorder. A batch is acknowledged after the ledger has it, so events are recorded at least once, idempotently. While the
 * ledger cannot be used, everything waits. An entry that cannot be applied, because it is no event, only a newer version knows its type,
 * or the ledger refuses it alone, is kept in the ledger with the reason, and keeps no other back. What is kept is tried again at the start,
 * and every minute: a newer version applies what it knows. Only events of an unknown type that say that they are best effort are dropped.
 *
 * Dead letters of all queues that the ledger knows move into the ledger, each started recorder taking some: there they are jobs that can be sent again. What
 * cannot be a job is set aside. The broker forgets a dead letter when the ledger has it.
 *
 * @throws {RangeError} for a retention rule about jobs that are not finished or are dead, and for a time out of bounds.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { broker, store, retention: rules = [], definitions = [], clock = systemClock } = options;
  requireRetentionRules(rules);
  const logger = toLogger(options.logger);
  const stopping = new AbortController();
  const { signal } = stopping;
  const writes = createLedgerWrites({ clock, logger, signal });
  const isRefused = () => refusal !== undefined;
  const reports = createReports({ broker, store, clock, isRefused, signal });
  const droppedTypes = new Set<string>();
  let starting: Promise<readonly Subscription[]> | undefined;
  let tasks: Promise<unknown> | undefined;
  let refusal: LeveretError | undefined;
  let keptCount = 0;

  /** Applies events; those that the ledger refuses alone are returned, and keep no other back. */
  async function apply(events: readonly RecordableEvent[]): Promise<readonly UnappliedEvent[]> {
    const refused = await writes.each(events, (part) => store.apply(part));
    return refused.map(({ item, reason }) => ({ entry: JSON.stringify(item), reason }));
  }

  async function applyInSlices(events: readonly RecordableEvent[]): Promise<readonly UnappliedEvent[]> {
    const refused: UnappliedEvent[] = [];
    for (let from = 0; from < events.length; from += MAX_TOGETHER)
      refused.push(...(await apply(events.slice(from, from + MAX_TOGETHER))));
    return refused;
  }

  async function keep(unapplied: readonly UnappliedEvent[]): Promise<void> {
    if (unapplied.length === 0) return;
    await writes.untilDone(() => store.unapplied.keep(unapplied));
    keptCount = Math.min(keptCount + unapplied.length, MAX_COUNTED_EVENTS);
    const countByReason = new Map<string, number>();
    for (const { reason } of unapplied) countByReason.set(reason, (countByReason.get(reason) ?? 0) + 1);
    for (const [reason, eventCount] of countByReason)
      logger.error({ eventCount, reason }, 'events cannot be applied: the ledger keeps them');
  }

  async function record(entries: readonly unknown[]): Promise<void> {
    const events: RecordableEvent[] = [];
    const unapplied: UnappliedEvent[] = [];
    for (const entry of entries) {
      const read = readEvent(entry);
      if (read.kind === 'event') events.push(read.event);
      else if (read.kind === 'unknown' && read.isBestEffort) noteDropped(read.type);
      else unapplied.push({ entry: JSON.stringify(entry), reason: read.reason });
    }
    await reports.during(events, async () => {
      unapplied.push(...(await applyInSlices(events)));
      await keep(unapplied);
    });
  }

  function noteDropped(type: string): void {
    if (!droppedTypes.has(type))
      logger.warn({ type }, 'this version drops best-effort events of a type that it does not know');
    droppedTypes.add(type);
  }

  /** Whoever acts on jobs is told by it that the broker at hand is not theirs. Recording does not depend on it. */
  async function noteBroker(): Promise<void> {
    try {
      if ((await store.brokerName()) !== broker.name) await store.noteBroker(broker.name);
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'the ledger cannot note which broker it belongs to');
    }
  }

  /** A job that is deleted before it is known which files it refers to leaves them behind for ever. */
  function recordReferences(): Promise<boolean> {
    return recordMissingReferences({ references: store.blobReferences, definitions, clock, logger, signal });
  }

  async function begin(): Promise<readonly Subscription[]> {
    const ledgerId = await store.ledgerId();
    const onRefused = (given: LeveretError | undefined) => {
      refusal = given;
    };
    const recording = await broker.recordEvents(record, { ledgerId, onRefused });
    await noteBroker();
    try {
      return [recording, await answerWorkers(broker, store, clock)];
    } catch (error) {
      // A user that may not declare cannot have an address. Recording does not depend on it.
      logger.warn(
        { error: messageOf(error) },
        'the recorder cannot answer workers: repeated jobs run without being looked up in the ledger',
      );
      return [recording];
    }
  }

  return {
    async start() {
      if (signal.aborted) return;
      starting ??= begin();
      await starting;
      const onCounted = (count: number) => {
        keptCount = count;
      };
      tasks ??= Promise.all([
        startReapplying({ store, clock, logger, apply: applyInSlices, onCounted, signal }),
        reports.start(),
        startRetention({ store, prepare: recordReferences, rules, clock, logger, signal }),
        moveDeadLetters({ broker, store, writes, clock, logger, signal }),
      ]);
    },
    status() {
      const warning = keptCount === 0 ? {} : { warning: toKeptEventsWords(keptCount) };
      if (refusal === undefined) return { state: 'up', ...warning };
      return { state: 'down', code: refusal.code, reason: refusal.message, ...warning };
    },
    async stop() {
      stopping.abort();
      const subscriptions = (await starting?.catch(() => [])) ?? [];
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
      await tasks;
    },
  };
}

/** Workers ask whether a job that comes again is to run. Every started recorder answers, the active one or not. */
function answerWorkers({ live }: Broker, store: RecorderStore, clock: Clock): Promise<Subscription> {
  const ledger = createAttemptLedger(store, createRemoteInstances(live));
  const control = createControlSource(store, clock);
  return live.answer(LEDGER_ADDRESS, (question) => answerLedgerQuestion({ ledger, control }, question));
}
