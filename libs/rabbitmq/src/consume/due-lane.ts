import { type Cancel, type Clock, type JobPriority, withDeadline } from '@leveret/core';
import type { Session } from './session.ts';

/** How long a wait lasts before the broker is asked, and between two questions, in milliseconds: several times the way to the broker and back. */
const ASK_EVERY_MS = 50;
/** The longest wait, in milliseconds. */
const LONGEST_WAIT_MS = 1_000;

/** The lane that free hands wait for: it is its turn, and its next delivery is on the way. */
export interface DueLane {
  /** Undefined while no lane is waited for. */
  lane(): JobPriority | undefined;
  /**
   * Starts to wait, unless it waits already. Gives up after 50 ms when the broker has no more jobs for the lane or does not say so, else
   * after a second.
   *
   * @param session The one that the next delivery comes on.
   */
  waitFor(lane: JobPriority, session: Session): void;
  /** Ends the wait without giving up. Safe to call twice. */
  end(): void;
}

interface Wait {
  readonly lane: JobPriority;
  readonly session: Session;
  /** By the monotonic clock. */
  readonly since: number;
  cancel: Cancel;
}

/** Creates it. @param onGivenUp Called with the lane, when it is not waited for any more. */
export function createDueLane(clock: Clock, onGivenUp: (lane: JobPriority) => void): DueLane {
  let current: Wait | undefined;

  function giveUp(wait: Wait): void {
    if (wait !== current) return;
    current = undefined;
    onGivenUp(wait.lane);
  }

  function ask(wait: Wait): void {
    const leftMs = wait.since + LONGEST_WAIT_MS - clock.monotonic();
    if (leftMs <= 0) return giveUp(wait);
    withDeadline(clock, leftMs, wait.session.look(), () => new Error('no answer')).then(
      ({ messageCount }) => {
        if (wait !== current) return;
        if (messageCount === 0) return giveUp(wait);
        wait.cancel = clock.schedule(ASK_EVERY_MS, () => ask(wait));
      },
      () => giveUp(wait),
    );
  }

  return {
    lane: () => current?.lane,
    waitFor(lane, session) {
      if (current !== undefined) return;
      const wait: Wait = {
        lane,
        session,
        since: clock.monotonic(),
        cancel: clock.schedule(ASK_EVERY_MS, () => ask(wait)),
      };
      current = wait;
    },
    end() {
      current?.cancel();
      current = undefined;
    },
  };
}
