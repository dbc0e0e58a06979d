import {
  type Cancel,
  type Clock,
  CONTROL_AWAY_MS,
  type ControlNotice,
  type ControlSource,
  type ControlView,
  type JobMessage,
  type LiveChannel,
  type Logger,
  MAX_VIEW_ENTRIES,
  messageOf,
  VIEW_FRESH_MS,
  type WorkerLoad,
  type WorkerPresence,
  withDeadline,
} from '@leveret/core';
import { createSupersededMessages } from './superseded-messages.ts';

/** How often the ledger is asked, in milliseconds: twice while a view is fresh. */
const ASK_EVERY_MS = 400;
/** How often what is remembered is forgotten and asked for anew, in milliseconds: a day. */
const REBUILD_EVERY_MS = 86_400_000;
/** How long a confirmation may take, in milliseconds. */
const CONFIRM_MS = 1_000;

/** What a worker knows of control: which messages are superseded, and which queues are paused. */
export interface WorkerControl {
  /** Begins to ask. Resolves with the first answer, or when there is none. Never rejects. */
  start(): Promise<void>;
  /**
   * Whether jobs of a queue may start: it is not paused, and the view is fresh, or nobody could be asked for {@link CONTROL_AWAY_MS}. When the answer
   * changes, the listeners are called.
   */
  mayStart(queue: string): boolean;
  isPaused(queue: string): boolean;
  /** Whether a message is not to be run. */
  isSuperseded(message: Pick<JobMessage, 'id' | 'generation'>): boolean;
  /** Whether there are more superseded messages than are known here: each job is to be looked up before it starts. */
  mustLookUp(): boolean;
  /** Calls `listener` whenever something has changed, or jobs may start again. */
  onChange(listener: () => void): void;
  /** Something was decided: asks, and confirms it. */
  heed(notice: ControlNotice): void;
  /** Something may have been missed: asks. */
  refresh(): void;
  /** Ends it, and says so to the ledger. Never rejects. */
  stop(): Promise<void>;
}

/** What knowing of control works with. */
export interface WorkerControlOptions {
  readonly source: ControlSource;
  readonly live: Pick<LiveChannel, 'ask'>;
  readonly presence: Omit<WorkerPresence, 'load'>;
  /** What the worker does now. */
  readonly load: () => WorkerLoad;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Creates what a worker knows of control, which is nothing until it is started. */
export function createWorkerControl(options: WorkerControlOptions): WorkerControl {
  const { source, live, presence, load, clock, logger } = options;
  const { instanceId, queues } = presence;
  const listeners = new Set<() => void>();
  let superseded = createSupersededMessages();
  let paused: ReadonlySet<string> = new Set();
  let seq = 0;
  let freshUntil = Number.NEGATIVE_INFINITY;
  let answeredAt = 0;
  let isAway = false;
  let isStale = true;
  let isStopped = false;
  /** Whether there is something that listeners were not told. */
  let hasNews = false;
  let rebuiltAt = 0;
  let asking: Promise<void> | undefined;
  let mustAskAgain = false;
  let cancelNext: Cancel = () => undefined;

  function change(): void {
    for (const listener of listeners) listener();
  }

  /** Whether what the view tells differs from what was known. */
  function take({ paused: pauses, superseded: messages }: ControlView): boolean {
    superseded.add(messages);
    const names = new Set(pauses.map(({ queue }) => queue));
    const isSame = names.size === paused.size && [...names].every((name) => paused.has(name));
    paused = names;
    return !isSame || messages.length > 0;
  }

  /** Whether most of what is remembered is gone from the ledger, or some of it may be for long: an id may be used again then. */
  function mustRebuild({ supersededCount }: ControlView, now: number): boolean {
    const size = superseded.size();
    return size > 2 * supersededCount + MAX_VIEW_ENTRIES || (size > 0 && now - rebuiltAt >= REBUILD_EVERY_MS);
  }

  /** Asks until everything is known. */
  async function ask(): Promise<void> {
    for (;;) {
      const askedAt = clock.monotonic();
      const view = await withDeadline(
        clock,
        VIEW_FRESH_MS,
        source.view({ instanceId, queues, afterSeq: seq, presence: { ...presence, load: load() } }),
        () => new Error('the ledger is late'),
      );
      hasNews = take(view) || hasNews;
      seq = view.seq;
      if (!view.isComplete) continue;
      if (mustRebuild(view, askedAt)) {
        // What is left is asked for anew. Until then nothing starts.
        freshUntil = Number.NEGATIVE_INFINITY;
        superseded = createSupersededMessages();
        seq = 0;
        rebuiltAt = askedAt;
        continue;
      }
      noteAnswer(askedAt);
      if (hasNews || isStale) {
        hasNews = false;
        isStale = false;
        change();
      }
      return;
    }
  }

  function noteAnswer(askedAt: number): void {
    freshUntil = askedAt + VIEW_FRESH_MS;
    answeredAt = clock.monotonic();
    if (isAway) logger.info({ instanceId }, 'control answers again');
    isAway = false;
  }

  function noteFailure(error: unknown): void {
    if (isStopped || isAway || clock.monotonic() - answeredAt < CONTROL_AWAY_MS) return;
    isAway = true;
    logger.warn(
      { error: messageOf(error) },
      `control could not be asked for ${CONTROL_AWAY_MS / 1_000} s: the worker starts its jobs, also those that were cancelled or whose queue was paused meanwhile`,
    );
    change();
  }

  /** Asks now, or once more after the question under way. */
  function askNow(): Promise<void> {
    if (isStopped) return Promise.resolve();
    mustAskAgain = asking !== undefined;
    cancelNext();
    asking ??= ask()
      .catch(noteFailure)
      .then(() => {
        asking = undefined;
        if (isStopped) return;
        if (mustAskAgain) return askNow();
        cancelNext = clock.schedule(ASK_EVERY_MS, refresh);
      });
    return asking;
  }

  function refresh(): void {
    askNow().catch(noteFailure);
  }

  async function confirm({ seq: decided, replyTo }: ControlNotice): Promise<void> {
    await askNow();
    if (seq >= decided && clock.monotonic() < freshUntil)
      await live.ask(replyTo, { instanceId, seq }, CONFIRM_MS);
  }

  function isFresh(): boolean {
    if (clock.monotonic() < freshUntil || isAway) return true;
    isStale = true;
    return false;
  }

  return {
    start() {
      answeredAt = clock.monotonic();
      rebuiltAt = answeredAt;
      return askNow();
    },
    mayStart: (queue) => isFresh() && !paused.has(queue),
    isPaused: (queue) => paused.has(queue),
    isSuperseded: (message) => superseded.has(message),
    mustLookUp: () => superseded.isPartial(),
    onChange: (listener) => listeners.add(listener),
    heed(notice) {
      if (!notice.queues.some((queue) => queues.includes(queue))) return;
      // Whoever decided it waits until the views have run out, where a confirmation is lost.
      confirm(notice).catch(() => undefined);
    },
    refresh,
    async stop() {
      isStopped = true;
      cancelNext();
      await asking;
      await source.leave(instanceId).catch(() => undefined);
    },
  };
}
