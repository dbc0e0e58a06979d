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
  type WorkerPresence,
} from '@leveret/core';
import { createSupersededMessages } from './superseded-messages.ts';

/** How often the ledger is asked, in milliseconds: twice while a view is fresh. */
const ASK_EVERY_MS = 400;
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
  readonly presence: WorkerPresence;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Creates what a worker knows of control, which is nothing until it is started. */
export function createWorkerControl(options: WorkerControlOptions): WorkerControl {
  const { source, live, presence, clock, logger } = options;
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

  /** Asks until everything is known. */
  async function ask(): Promise<void> {
    for (;;) {
      const askedAt = clock.monotonic();
      const view = await source.view({ instanceId, queues, afterSeq: seq, presence });
      const isNew = take(view);
      seq = view.seq;
      if (!view.isComplete) continue;
      if (superseded.size() > 2 * view.supersededCount + MAX_VIEW_ENTRIES) {
        // Most of them are gone: what is left is asked for anew. Until then nothing starts.
        freshUntil = Number.NEGATIVE_INFINITY;
        superseded = createSupersededMessages();
        seq = 0;
        continue;
      }
      noteAnswer(askedAt);
      if (isNew || isStale) {
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
