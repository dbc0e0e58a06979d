import {
  type ByLane,
  type Cancel,
  type Clock,
  createLaneChooser,
  JOB_PRIORITIES,
  type JobPriority,
  type Logger,
  messageOf,
} from '@leveret/core';
import type { RawDelivery } from '../codec/delivery-reader.ts';
import { createDueLane } from './due-lane.ts';
import type { Session } from './session.ts';
import { createWaitingLanes } from './waiting-lanes.ts';

/** After this time, in milliseconds, a delivery that waits here is given back if others could have it, and so often is that looked at. */
const PATIENCE_MS = 1_000;

/** What a gate works with. */
export interface LaneGateOptions {
  /** Most deliveries in hand, of all lanes together; also the prefetch of every lane's own channel. */
  readonly prefetch: number;
  readonly onMessage: (message: RawDelivery, session: Session, lane: JobPriority) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Where the deliveries of a queue's lanes meet. Each lane has a channel of its own with the whole prefetch, so that any of them alone
 * can fill all hands; what is delivered while all hands are full waits here, and the lanes have their turns by weight. While nothing
 * waits, a delivery passes at the price of a few additions.
 */
export interface LaneGate {
  /** Takes a delivery in: it is handed over now, or when it is its turn. */
  receive(lane: JobPriority, message: RawDelivery, session: Session): void;
  /** Hands over nothing more. */
  shut(): void;
  /** Gives back what waits, and what may still come. */
  giveBackAll(): void;
}

/** A session, and how many of its deliveries are in hand. */
interface Counted {
  readonly session: Session;
  /** The session as it is handed over: what is settled on it leaves a hand free. */
  readonly counting: Session;
  inHand: number;
  isLost: boolean;
}

interface Waiting {
  readonly message: RawDelivery;
  readonly counted: Counted;
  /** By the monotonic clock. */
  readonly since: number;
}

/** Creates a gate. */
export function createLaneGate({ prefetch, onMessage, clock, logger }: LaneGateOptions): LaneGate {
  const chooser = createLaneChooser();
  const waiting = createWaitingLanes<Waiting>();
  const countedOf = new Map<Session, Counted>();
  let inHand = 0;
  let isFilling = false;
  let isShut = false;
  let isGivingBack = false;
  /**
   * The session of each lane of which the broker has delivered all it may: what is settled there is followed by another delivery,
   * until the lane is empty.
   */
  const flowing: ByLane<Session | undefined> = { high: undefined, normal: undefined, low: undefined };
  const due = createDueLane(clock, (lane) => {
    flowing[lane] = undefined;
    fill();
  });
  let cancelLook: Cancel | undefined;

  function countedFor(session: Session): Counted {
    const known = countedOf.get(session);
    if (known !== undefined) return known;
    const leave = () => noteSettled(counted);
    const counting: Session = {
      ...session,
      ack(deliveryTag) {
        session.ack(deliveryTag);
        leave();
      },
      release(deliveryTag) {
        session.release(deliveryTag);
        leave();
      },
    };
    const counted: Counted = { session, counting, inHand: 0, isLost: false };
    countedOf.set(session, counted);
    const lose = () => noteLost(counted);
    session.closed.then(lose, lose);
    return counted;
  }

  function noteSettled(counted: Counted): void {
    if (counted.isLost) return;
    counted.inHand -= 1;
    inHand -= 1;
    if (waiting.size() > 0) fillSoon();
  }

  /** What it had delivered comes again on another one. */
  function noteLost(counted: Counted): void {
    counted.isLost = true;
    countedOf.delete(counted.session);
    inHand -= counted.inHand;
    for (const lane of JOB_PRIORITIES) {
      waiting.remove(lane, (one) => one.counted !== counted);
      if (flowing[lane] !== counted.session) continue;
      flowing[lane] = undefined;
      if (due.lane() === lane) due.end();
    }
    if (waiting.size() > 0) fillSoon();
  }

  /** A settlement must be done with before the next delivery is handed over. */
  function fillSoon(): void {
    if (isFilling) return;
    isFilling = true;
    queueMicrotask(fill);
  }

  function fill(): void {
    isFilling = false;
    while (!isShut && inHand < prefetch && waiting.size() > 0) {
      const lane = due.lane() ?? chooseLane();
      const next = waiting.shift(lane);
      const session = flowing[lane];
      if (next === undefined) {
        if (session !== undefined) due.waitFor(lane, session);
        return;
      }
      due.end();
      handOver(lane, next.message, next.counted);
    }
  }

  function chooseLane(): JobPriority {
    const counts = { ...waiting.counts };
    for (const lane of JOB_PRIORITIES) if (flowing[lane] !== undefined) counts[lane] += 1;
    return chooser.next(counts) ?? 'normal';
  }

  function handOver(lane: JobPriority, message: RawDelivery, counted: Counted): void {
    inHand += 1;
    counted.inHand += 1;
    try {
      onMessage(message, counted.counting, lane);
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'a delivery could not be handed over: it is given back');
      counted.counting.release(message.fields.deliveryTag);
    }
  }

  /** No longer than a moment may something wait here that another consumer could begin with: see ADR 12. */
  function planLook(): void {
    cancelLook ??= clock.schedule(PATIENCE_MS, () => {
      cancelLook = undefined;
      if (waiting.size() === 0) return;
      for (const lane of JOB_PRIORITIES) spare(lane).catch(() => undefined);
      planLook();
    });
  }

  async function spare(lane: JobPriority): Promise<void> {
    const oldest = waiting.peek(lane);
    if (oldest === undefined || clock.monotonic() - oldest.since < PATIENCE_MS) return;
    const { messageCount, consumerCount } = await oldest.counted.session.look();
    // Where more waits in the queue others have that, and where nobody else consumes it would only come back.
    if (messageCount > 0 || consumerCount < 2) return;
    const isPatient = ({ since }: Waiting) => clock.monotonic() - since < PATIENCE_MS;
    giveBack(waiting.remove(lane, isPatient));
  }

  function giveBack(all: readonly Waiting[]): void {
    for (const { message, counted } of all) counted.session.release(message.fields.deliveryTag);
  }

  return {
    receive(lane, message, session) {
      if (isGivingBack) return session.release(message.fields.deliveryTag);
      const counted = countedFor(session);
      if (counted.inHand + waiting.counts[lane] + 1 >= prefetch) flowing[lane] = session;
      if (waiting.size() === 0 && inHand < prefetch && !isShut) return handOver(lane, message, counted);
      waiting.push(lane, { message, counted, since: clock.monotonic() });
      planLook();
      if (inHand < prefetch) fillSoon();
    },
    shut() {
      isShut = true;
      due.end();
      cancelLook?.();
    },
    giveBackAll() {
      isGivingBack = true;
      cancelLook?.();
      for (const lane of JOB_PRIORITIES) giveBack(waiting.remove(lane, () => false));
    },
  };
}
