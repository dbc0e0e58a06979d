import { type Cancel, type Clock, createFifo, LeveretError, type PublishOutcome } from '@leveret/core';

/** Jobs, and bytes of their payloads together, that are in flight to the stores at a time: the stores answer so many in time. */
const MAX_IN_FLIGHT = 1_000;
const MAX_IN_FLIGHT_BYTES = 16_777_216;
/** Jobs, and bytes of their payloads together, that may wait for their turn. */
const MAX_WAITING = 250_000;
const MAX_WAITING_BYTES = 268_435_456;
/** How often the turns check whether jobs are still accepted, in milliseconds. */
const LOOK_EVERY_MS = 250;
/** Checks that a job waits while no other is accepted: 2.5 s. Checks are counted, not time, because a busy process receives no answers either. */
const PATIENT_LOOKS = 10;

/** What is about to be handed to the stores. */
export interface Lot {
  readonly jobCount: number;
  readonly sizeBytes: number;
}

/** Hands jobs to the stores in their turns, so that each is answered in time, however many are enqueued at once. */
export interface Turns {
  /**
   * Undefined when it is the lot's turn; else a promise of that.
   * @throws {LeveretError} `ENQUEUE_OVERLOADED` when too many wait already, or nothing was accepted for 2.5 s; `SHUTTING_DOWN`. The lot then never
   *   has its turn.
   */
  take(lot: Lot): Promise<void> | undefined;
  /** The lot was answered. `doStoresWork` tells whether it was by a store: it was accepted, or refused for its id. */
  end(lot: Lot, doStoresWork: boolean): void;
  /** From now on no lot has its turn: those that wait are refused. */
  close(): void;
}

interface Waiting {
  readonly lot: Lot;
  /** How often it had been looked when it came. */
  readonly sinceLook: number;
  readonly begin: () => void;
  readonly refuse: (error: LeveretError) => void;
}

/** Creates turns that nobody has taken. */
export function createTurns(clock: Clock): Turns {
  const waiting = createFifo<Waiting>();
  let waitingCount = 0;
  let waitingBytes = 0;
  let inFlight = 0;
  let inFlightBytes = 0;
  let lookCount = 0;
  /** How often it had been looked when something was accepted last. */
  let acceptedAtLook = 0;
  let cancelLook: Cancel | undefined;
  let isClosed = false;

  function fits({ jobCount, sizeBytes }: Lot): boolean {
    if (inFlight === 0) return true;
    return inFlight + jobCount <= MAX_IN_FLIGHT && inFlightBytes + sizeBytes <= MAX_IN_FLIGHT_BYTES;
  }

  function begin({ jobCount, sizeBytes }: Lot): void {
    inFlight += jobCount;
    inFlightBytes += sizeBytes;
  }

  function shift(): Waiting | undefined {
    const next = waiting.shift();
    waitingCount -= next?.lot.jobCount ?? 0;
    waitingBytes -= next?.lot.sizeBytes ?? 0;
    return next;
  }

  /** Refuses stale lots first: a turn that ended without an answer must not let them in. */
  function letIn(): void {
    refuseStale();
    for (let next = waiting.peek(); next !== undefined && fits(next.lot); next = waiting.peek()) {
      shift();
      begin(next.lot);
      next.begin();
    }
    if (waiting.size() > 0) return;
    cancelLook?.();
    cancelLook = undefined;
  }

  function refuseStale(): void {
    for (let next = waiting.peek(); next !== undefined; next = waiting.peek()) {
      if (lookCount - Math.max(next.sinceLook, acceptedAtLook) < PATIENT_LOOKS) return;
      shift()?.refuse(overloaded('no other job was accepted for 2.5 s'));
    }
  }

  function lookLater(): void {
    cancelLook ??= clock.schedule(LOOK_EVERY_MS, () => {
      cancelLook = undefined;
      lookCount += 1;
      refuseStale();
      if (waiting.size() > 0) lookLater();
    });
  }

  return {
    take(lot) {
      if (isClosed) throw stopping();
      if (waiting.size() === 0 && fits(lot)) {
        begin(lot);
        return undefined;
      }
      if (waitingCount + lot.jobCount > MAX_WAITING || waitingBytes + lot.sizeBytes > MAX_WAITING_BYTES)
        throw overloaded(`${waitingCount} jobs wait already`);
      waitingCount += lot.jobCount;
      waitingBytes += lot.sizeBytes;
      lookLater();
      return new Promise((resolve, reject) => {
        waiting.push({ lot, sinceLook: lookCount, begin: resolve, refuse: reject });
      });
    },
    end({ jobCount, sizeBytes }, doStoresWork) {
      inFlight -= jobCount;
      inFlightBytes -= sizeBytes;
      if (doStoresWork) acceptedAtLook = lookCount;
      if (waiting.size() > 0) letIn();
    },
    close() {
      isClosed = true;
      cancelLook?.();
      for (let next = shift(); next !== undefined; next = shift()) next.refuse(stopping());
    },
  };
}

/** Nothing was sent. */
function overloaded(reason: string): LeveretError {
  return new LeveretError(
    'ENQUEUE_OVERLOADED',
    `too many jobs are enqueued at the same time: ${reason}, and nothing was sent`,
    {
      details: { outcome: 'not-stored' satisfies PublishOutcome },
    },
  );
}

function stopping(): LeveretError {
  return new LeveretError('SHUTTING_DOWN', 'the job client is closed, and nothing was sent', {
    details: { outcome: 'not-stored' satisfies PublishOutcome },
  });
}
