import type { Cancel, Clock } from '@leveret/core';

/** How often a consumer is looked after, in milliseconds. */
const LOOK_EVERY_MS = 2_000;
/** What a broker counts is a hint: it counts when as many looks in a row say so, the further ones soon after the first. */
const LOOKS_WITHOUT_CONSUMER = 2;
const LOOK_AGAIN_MS = 1_000;
/** The same where messages wait: others may come first, or the queue may be short of breath. */
const LOOKS_WITHOUT_DELIVERY = 10;

/** What the broker says of a queue. */
export interface QueueView {
  /** Messages that wait for a consumer. */
  readonly messageCount: number;
  readonly consumerCount: number;
}

/** What a watchdog works with. */
export interface WatchdogOptions {
  readonly clock: Clock;
  /** Asks the broker. Whatever makes it reject is noticed by others. */
  readonly ask: () => Promise<QueueView>;
  /** Deliveries so far. */
  readonly deliveredCount: () => number;
  /** Whether everything delivered is settled. */
  readonly isIdle: () => boolean;
  /** Whether the broker may keep this consumer waiting while another one is active. */
  readonly mayStandBy: boolean;
  /** Told once, why nothing is going to be delivered although nobody has said so. */
  readonly onDead: (reason: string) => void;
}

interface Suspicion {
  readonly reason: string;
  /** How many looks in a row make it certain. */
  readonly looks: number;
  /** Milliseconds until the next of them. */
  readonly againMs: number;
}

/**
 * Looks after a consumer that says nothing: every two seconds, what it believes is compared with what the broker says. A consumer can
 * be gone, or be passed over, without a word: after elections of a quorum queue's leader, or when a broker closes a channel that nobody
 * listens to.
 *
 * @returns How to stop. Safe to call twice.
 */
export function startWatchdog(options: WatchdogOptions): Cancel {
  const { clock, ask, deliveredCount, isIdle, mayStandBy, onDead } = options;
  let deliveredBefore = deliveredCount();
  let suspicionCount = 0;
  let stopped = false;
  let cancel = clock.schedule(LOOK_EVERY_MS, look);

  function suspect({ messageCount, consumerCount }: QueueView): Suspicion | undefined {
    const isSilent = deliveredCount() === deliveredBefore;
    deliveredBefore = deliveredCount();
    if (consumerCount === 0)
      return {
        reason: 'the broker knows of no consumer',
        looks: LOOKS_WITHOUT_CONSUMER,
        againMs: LOOK_AGAIN_MS,
      };
    if (messageCount > 0 && isSilent && isIdle() && !mayStandBy)
      return {
        reason: `the broker delivers nothing of ${messageCount} messages that wait`,
        looks: LOOKS_WITHOUT_DELIVERY,
        againMs: LOOK_EVERY_MS,
      };
    return undefined;
  }

  function look(): void {
    ask().then(
      (view) => {
        if (stopped) return;
        const suspicion = suspect(view);
        suspicionCount = suspicion === undefined ? 0 : suspicionCount + 1;
        if (suspicion !== undefined && suspicionCount >= suspicion.looks) return onDead(suspicion.reason);
        cancel = clock.schedule(suspicion?.againMs ?? LOOK_EVERY_MS, look);
      },
      () => undefined,
    );
  }

  return () => {
    stopped = true;
    cancel();
  };
}
