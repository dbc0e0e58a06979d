import {
  type Clock,
  createLinkedList,
  createUnderWay,
  type JobEvent,
  type Place,
  type SettleOptions,
  type Successor,
} from '@leveret/core';
import type { EventPublisher } from './event-publisher.ts';
import type { JobPublisher } from './job-publisher.ts';
import type { Passage } from './passage.ts';
import { createSettledMemory } from './settled-memory.ts';
import { roundedDelayMs } from './wheel.ts';

/** A message that the broker waits to hear of, and whereby. */
export interface Hold {
  /** Of `runKey`. */
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
 * the connection was lost never arrived. It is known by the job's id, attempt, time held and deaths, so a retry is another one. A job
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

/** Creates the settlements of a process. */
export function createSettlements({ jobs, events, clock }: SettlementsOptions): Settlements {
  const known = createLinkedList<RunningSettlement>();
  const done = createSettledMemory(clock);
  const underWay = createUnderWay();

  const means: Means = {
    toPassage(successor) {
      if (successor.kind === 'dead-letter') return jobs.bury(successor.message, successor.failure);
      return jobs.send({ ...successor, delayMs: roundedDelayMs(successor.delayMs) });
    },
    emit: events.emit,
    noteDone: done.add,
    noteBegin(settlement) {
      underWay.begin();
      return known.add(settlement);
    },
    noteEnd(place) {
      known.remove(place);
      underWay.end();
    },
  };

  return {
    // Asked for what comes again alone.
    find: (key) => known.findLast((settlement) => settlement.key === key),
    isDone: done.has,
    forget: done.forget,
    noteDone: done.add,
    begin(hold, options) {
      return new RunningSettlement(hold, options, means);
    },
    idle: underWay.idle,
  };
}

/** What a settlement works with. */
interface Means {
  toPassage(successor: Successor): Passage;
  emit(events: readonly JobEvent[]): Passage;
  /** Everything is durable. */
  noteDone(key: string): void;
  noteBegin(settlement: RunningSettlement): Place<RunningSettlement>;
  /** It is done or given up. */
  noteEnd(place: Place<RunningSettlement>): void;
}

/** A class, because one is made for every outcome that is told. */
class RunningSettlement implements Settlement {
  /** Of `runKey`. */
  readonly key: string;
  readonly #means: Means;
  readonly #place: Place<RunningSettlement>;
  #holds: readonly Hold[];
  #successor: Successor | undefined;
  #events: readonly JobEvent[];
  /** Of the successor, and when that is durable of the events. */
  #passage: Passage | undefined;
  #proceeding: Promise<void> | undefined;
  #isProceeding = false;
  #isOver = false;

  constructor(first: Hold, { successor, events }: SettleOptions, means: Means) {
    this.key = first.key;
    this.#holds = [first];
    this.#successor = successor;
    this.#events = events;
    this.#means = means;
    this.#place = means.noteBegin(this);
  }

  proceed(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    if (!this.#isProceeding) this.#proceeding = this.#carryOut();
    return this.#proceeding ?? Promise.resolve();
  }

  adopt(hold: Hold): void {
    this.#holds = [...this.#holds, hold];
  }

  release(): void {
    if (this.#isOver || this.#isProceeding) return;
    this.#isOver = true;
    for (const hold of this.#holds) hold.giveBack();
    this.#means.noteEnd(this.#place);
  }

  /** The successor first, then the events: whoever sees an outcome can rely on what follows from it. */
  async #carryOut(): Promise<void> {
    const { toPassage, emit, noteDone, noteEnd } = this.#means;
    this.#isProceeding = true;
    try {
      if (this.#successor !== undefined) {
        this.#passage ??= toPassage(this.#successor);
        await this.#passage.confirmed();
        this.#passage = undefined;
        this.#successor = undefined;
      }
      if (this.#events.length > 0) {
        this.#passage ??= emit(this.#events);
        await this.#passage.confirmed();
      }
      this.#isOver = true;
      noteDone(this.key);
      for (const hold of this.#holds) hold.ack();
      noteEnd(this.#place);
    } finally {
      this.#isProceeding = false;
    }
  }
}
