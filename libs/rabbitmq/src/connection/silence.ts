import type { Cancel, Clock } from '@leveret/core';

/** How often it is looked whether the peer has said anything, in milliseconds. */
const LOOK_EVERY_MS = 500;
/** Looks in a row that find nothing new, after which the peer is asked. */
const ASK_AFTER = 2;
/** Looks in a row that find nothing new, after which the peer is held to be gone: three seconds. */
const GONE_AFTER = 6;
/** The same, in looks for each second of the heartbeat: whoever asks for a slower one has a link that pauses. */
const GONE_AFTER_PER_HEARTBEAT = GONE_AFTER / 10;

/** What watching a peer works with. */
export interface SilenceOptions {
  readonly clock: Clock;
  /** Of the connection, in seconds. */
  readonly heartbeatS: number;
  /** Bytes that came from the peer so far. */
  readonly receivedBytes: () => number;
  /** Sends what the peer answers at once, however busy its queues are. Rejects when it cannot be sent. */
  readonly ask: () => Promise<unknown>;
  /** Told once that the peer says nothing, although it was asked. */
  readonly onSilent: (reason: string) => void;
}

/**
 * Watches a peer that may be gone without a word, as at the far end of a link that is half open: heartbeats tell of it after twenty
 * seconds, this after three, or three tenths of a heartbeat that is longer than ten seconds. Whatever the peer sends shows that it is
 * there. Looks are counted and not time: a process that did nothing itself for a while has not read either.
 *
 * @returns How to stop. Safe to call twice.
 */
export function watchSilence(options: SilenceOptions): Cancel {
  const { clock, heartbeatS, receivedBytes, ask, onSilent } = options;
  const goneAfter = Math.max(GONE_AFTER, Math.ceil(heartbeatS * GONE_AFTER_PER_HEARTBEAT));
  let receivedBefore = receivedBytes();
  let silentLooks = 0;
  let cancel = clock.schedule(LOOK_EVERY_MS, look);

  function look(): void {
    const received = receivedBytes();
    silentLooks = received === receivedBefore ? silentLooks + 1 : 0;
    receivedBefore = received;
    if (silentLooks === ASK_AFTER) ask().catch(restart);
    if (silentLooks === goneAfter)
      return onSilent(
        `the broker has said nothing for ${(goneAfter * LOOK_EVERY_MS) / 1_000} s, though it was asked`,
      );
    cancel = clock.schedule(LOOK_EVERY_MS, look);
  }

  /** It could not be asked: then its silence says nothing. */
  function restart(): void {
    silentLooks = 0;
  }

  return () => cancel();
}
