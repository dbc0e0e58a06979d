import type { Clock, JobMessage, SettleOptions, Successor } from '@leveret/core';
import type { EventPublisher } from './event-publisher.ts';
import type { JobPublisher } from './job-publisher.ts';
import type { Passage } from './passage.ts';
import { createSettledMemory } from './settled-memory.ts';

/** A message that the broker waits to hear of, and whereby. */
export interface Hold {
  /** Of {@link settlementKey}. */
  readonly key: string;
  /** Acknowledges it, if its channel is still there. */
  ack(): void;
  /** Gives it back to its queue, if its channel is still there. */
  giveBack(): void;
}

/** What is being done about one attempt of a job, from the first call of `settle` until it is done or given up. */
export interface Settlement {
  /**
   * Carries on; resolves once successor and events are durable and every hold is acknowledged. Calls at the same time are one.
   * @throws {LeveretError} as `Passage.confirmed` does; call again.
   */
  proceed(): Promise<void>;
  /** The same delivery, come again because its channel was lost: it is acknowledged when this is done. */
  adopt(hold: Hold): void;
  /** Gives up: every hold returns to its queue. Does nothing while {@link proceed} is under way or after it resolved. */
  release(): void;
}

/**
 * The settlements of this process, of all its consumers: a message whose channel is lost may come back to any of them. What is
 * settled, or about to be, need not run again.
 *
 * A settlement is remembered for two minutes after it is done, acknowledged or not: an acknowledgement that was on its way when
 * the connection was lost never arrived. It is known by the job's id, attempt and time held, so a retry is another one. A job
 * that is sent anew as the same attempt, by an operator's redrive or by a producer that repeats itself, arrives marked as not
 * delivered before, and what was remembered is then forgotten: only where it arrives in another process, is given back there
 * within the two minutes, and comes here next, it is taken for what it looks like.
 */
export interface Settlements {
  /** What is under way about a delivery. */
  find(key: string): Settlement | undefined;
  /** Whether a delivery is settled. */
  isDone(key: string): boolean;
  /** A message was delivered for the first time: what is remembered is about another one. */
  forget(key: string): void;
  /** A delivery is settled with nothing to wait for. */
  noteDone(key: string): void;
  /** Begins to settle a delivery. What is to be done is decided by this: a repetition carries it on. */
  begin(hold: Hold, options: SettleOptions): Settlement;
  /** Resolves when none is under way. */
  idle(): Promise<void>;
}

/** What settling works with. */
export interface SettlementsOptions {
  readonly jobs: JobPublisher;
  readonly events: EventPublisher;
  readonly clock: Clock;
}

/** Every delivery of one attempt has the same key; one that was held in between is another. */
export function settlementKey({ id, attempt, heldMs }: JobMessage): string {
  // Most are at their first attempt, and a key is made for every delivery.
  return attempt === 1 && heldMs === 0 ? id : `${id} ${attempt} ${heldMs}`;
}

/** Creates the settlements of a process. */
export function createSettlements({ jobs, events, clock }: SettlementsOptions): Settlements {
  const underWay = new Map<string, Settlement>();
  const done = createSettledMemory(clock);
  const idleListeners = new Set<() => void>();

  function end(key: string, settlement: Settlement): void {
    if (underWay.get(key) === settlement) underWay.delete(key);
    if (underWay.size > 0) return;
    for (const listener of idleListeners) listener();
    idleListeners.clear();
  }

  /** The successor first, then the events: whoever sees an outcome can rely on what follows from it. */
  function toSteps({ successor, events: told }: SettleOptions): readonly (() => Passage)[] {
    return [
      ...(successor === undefined ? [] : [() => toPassage(jobs, successor)]),
      ...(told.length === 0 ? [] : [() => events.emit(told)]),
    ];
  }

  return {
    find: (key) => underWay.get(key),
    isDone: done.has,
    forget: done.forget,
    noteDone: done.add,
    begin(hold, options) {
      const settlement = createSettlement(hold, toSteps(options), {
        onDone: () => done.add(hold.key),
        onEnd: () => end(hold.key, settlement),
      });
      underWay.set(hold.key, settlement);
      return settlement;
    },
    idle: () =>
      underWay.size === 0 ? Promise.resolve() : new Promise((resolve) => idleListeners.add(resolve)),
  };
}

function toPassage(jobs: JobPublisher, successor: Successor): Passage {
  switch (successor.kind) {
    case 'requeue':
      return jobs.send(successor);
    case 'dead-letter':
      return jobs.bury(successor.message, successor.failure);
  }
}

interface Listeners {
  /** Everything is durable. */
  onDone(): void;
  /** It is done or given up. */
  onEnd(): void;
}

function createSettlement(
  first: Hold,
  steps: readonly (() => Passage)[],
  { onDone, onEnd }: Listeners,
): Settlement {
  let holds = [first];
  let stepsDone = 0;
  let passage: Passage | undefined;
  let proceeding: Promise<void> | undefined;
  let isOver = false;

  async function carryOut(): Promise<void> {
    for (let step = steps[stepsDone]; step !== undefined; step = steps[stepsDone]) {
      passage ??= step();
      await passage.confirmed();
      passage = undefined;
      stepsDone += 1;
    }
    isOver = true;
    onDone();
    for (const hold of holds) hold.ack();
    onEnd();
  }

  return {
    proceed() {
      if (isOver) return Promise.resolve();
      proceeding ??= carryOut().finally(() => {
        proceeding = undefined;
      });
      return proceeding;
    },
    adopt(hold) {
      holds = [...holds, hold];
    },
    release() {
      if (isOver || proceeding !== undefined) return;
      isOver = true;
      for (const hold of holds) hold.giveBack();
      onEnd();
    },
  };
}
