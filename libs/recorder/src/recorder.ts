import {
  answerLedgerQuestion,
  type Broker,
  type Clock,
  createAttemptLedger,
  createRemoteInstances,
  type ErrorCode,
  isKnownEvent,
  type JobEvent,
  type JobStore,
  LEDGER_ADDRESS,
  LeveretError,
  type Logger,
  messageOf,
  type Subscription,
  sleep,
  systemClock,
  toLogger,
} from '@leveret/core';

/** Waits between tries to write a batch, in milliseconds: doubling from the first to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** Tries that one event gets before it is left out, when the ledger is there and refuses it. */
const TRIES_OF_ONE = 5;
/** With these codes the ledger says that it cannot be used now: everything waits, and nothing is left out. */
const AWAY: ReadonlySet<ErrorCode> = new Set(['STORE_UNAVAILABLE', 'STORAGE_FULL', 'STORAGE_UNAVAILABLE']);

/** What a recorder works with. */
export interface RecorderOptions {
  readonly broker: Broker;
  readonly store: JobStore;
  readonly clock?: Clock;
  /** Warnings and errors go to standard error as readable lines when left out; `silentLogger` turns that off. */
  readonly logger?: Logger;
}

/** Carries job events from the broker into the ledger, and answers what workers ask of the ledger. */
export interface Recorder {
  /**
   * Begins. Several recorders of one ledger may be started, in several processes: one at a time is given events. Once stopped, also
   * meanwhile, a recorder takes none: create another.
   * @throws {LeveretError} `LEDGER_MISMATCH` when another ledger records the events of this broker.
   */
  start(): Promise<void>;
  /** Finishes the batch at hand and stops. Safe to call twice, and before `start`. */
  stop(): Promise<void>;
}

/**
 * Creates a recorder. A batch is acknowledged after the ledger has it, so events are recorded at least once, idempotently.
 * An event that the ledger refuses again and again keeps no other back: it is found, told and left out. So is one of a type
 * that only a newer version knows.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { broker, store, clock = systemClock } = options;
  const logger = toLogger(options.logger);
  const stopping = new AbortController();
  const foreignTypes = new Set<string>();
  let starting: Promise<readonly Subscription[]> | undefined;

  async function apply(events: readonly JobEvent[]): Promise<void> {
    if (events.length === 0) return;
    let tryCount = 0;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await store.apply(events);
      } catch (error) {
        if (stopping.signal.aborted) throw error;
        const isRefused = !(error instanceof LeveretError && AWAY.has(error.code));
        if (isRefused && events.length > 1) return await applyHalves(events);
        if (isRefused) tryCount += 1;
        if (tryCount === TRIES_OF_ONE) return leaveOut(events, error);
        logger.warn(
          { eventCount: events.length, error: messageOf(error) },
          'the ledger takes no events: will try again',
        );
        await sleep(clock, waitMs, stopping.signal);
      }
    }
  }

  /** In order: the events of one job follow each other. */
  async function applyHalves(events: readonly JobEvent[]): Promise<void> {
    const middle = Math.ceil(events.length / 2);
    await apply(events.slice(0, middle));
    await apply(events.slice(middle));
  }

  function leaveOut(events: readonly JobEvent[], error: unknown): void {
    for (const { jobId, kind, queue, attempt, type } of events) {
      logger.error(
        { jobId, kind, queue, attempt, type, error: messageOf(error) },
        'the ledger refuses an event: it is left out',
      );
    }
  }

  function isUnderstood(event: JobEvent): boolean {
    if (isKnownEvent(event)) return true;
    const { type } = event as { readonly type: string };
    if (!foreignTypes.has(type))
      logger.warn({ type }, 'events of a type that this version does not know are left out');
    foreignTypes.add(type);
    return false;
  }

  async function begin(): Promise<readonly Subscription[]> {
    const ledgerId = await store.ledgerId();
    const recording = await broker.recordEvents((events) => apply(events.filter(isUnderstood)), {
      ledgerId,
    });
    try {
      return [recording, await answerWorkers(broker, store)];
    } catch (error) {
      // A user that may not declare cannot have an address. Recording does not depend on it.
      logger.warn(
        { error: messageOf(error) },
        'the recorder cannot answer workers: jobs that come again run without a look at the ledger',
      );
      return [recording];
    }
  }

  return {
    async start() {
      if (stopping.signal.aborted) return;
      starting ??= begin();
      await starting;
    },
    async stop() {
      stopping.abort();
      const subscriptions = (await starting?.catch(() => [])) ?? [];
      await Promise.all(subscriptions.map((subscription) => subscription.stop()));
    },
  };
}

/** Workers ask whether a job that comes again is to run. Every started recorder answers, the active one or not. */
function answerWorkers({ live }: Broker, store: JobStore): Promise<Subscription> {
  const ledger = createAttemptLedger(store, createRemoteInstances(live));
  return live.answer(LEDGER_ADDRESS, (question) => answerLedgerQuestion(ledger, question));
}
