import {
  type Clock,
  createLinkedList,
  createUnderWay,
  type JobEvent,
  type Place,
  runKey,
  type SettleOptions,
  type Successor,
} from '@leveret/core';
import { roundedDelayMs } from '../delay/wheel.ts';
import type { EventPublisher } from '../publish/event-publisher.ts';
import type { JobPublisher } from '../publish/job-publisher.ts';
import type { Passage } from '../publish/passage.ts';
import { createLostAcks } from './lost-acks.ts';
import type { SettledMemory } from './settled-memory.ts';

/** What tells one run of a job from all others: the same id may be in use on several queues. */
export type RunOf = Pick<Hold, 'queue' | 'key'>;

/** A message that the broker waits to hear of, and whereby. */
export interface Hold {
  readonly queue: string;
  /** Of `runKey`. */
  readonly key: string;
  /** Its run is over, and everything that its settlement had to do is durable. */
  noteDone(): void;
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
 * The settlements of this process, of all its consumers: a message whose channel is lost may come back to any of them. A run that is
 * settled, or about to be, does not run again.
 *
 * A settlement is remembered for two minutes after it is done. The memory counts only after the channel of its delivery was lost: an
 * acknowledgement that was on its way then never arrived. A settlement is known by the job's queue, id, attempt, time held and deaths, so
 * a retry is a different one, and so is a job of the same id on another queue. A job that is sent anew as the same attempt arrives as
 * delivered for the first time, and the memory of its namesake is then dropped.
 *
 * A settlement that sends the same run once more, for later, has ended nothing: no other delivery of the run joins it, and it is not remembered.
 */
export interface Settlements {
  /** What is under way about a delivery. */
  find(run: RunOf): Settlement | undefined;
  /** Whether a delivery is settled, and its acknowledgement may have been lost. */
  isDone(run: RunOf): boolean;
  /** A message was delivered for the first time: what is remembered is about another one. */
  forget(run: RunOf): void;
  /** A channel that consumed `queue` was lost; `settled` is what was settled on it, and may still grow. */
  noteLost(queue: string, settled: SettledMemory): void;
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
  const lostAcks = createLostAcks(clock);
  const underWay = createUnderWay();

  const means: Means = {
    toPassage(successor) {
      if (successor.kind === 'dead-letter') return jobs.bury(successor.message, successor.failure);
      return jobs.send({ ...successor, delayMs: roundedDelayMs(successor.delayMs) });
    },
    emit: events.emit,
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
    find: ({ queue, key }) =>
      known.findLast(
        (settlement) => settlement.key === key && settlement.queue === queue && settlement.endsRun,
      ),
    isDone: ({ queue, key }) => lostAcks.has(queue, key),
    forget: ({ queue, key }) => lostAcks.forget(queue, key),
    noteLost: lostAcks.add,
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
  noteBegin(settlement: RunningSettlement): Place<RunningSettlement>;
  /** It is done or given up. */
  noteEnd(place: Place<RunningSettlement>): void;
}

/** A class, because one is made for every outcome that is told. */
class RunningSettlement implements Settlement {
  readonly queue: string;
  /** Of `runKey`. */
  readonly key: string;
  /** Whether the run is over with it. Else its successor is the same run, which comes as a delivery of its own. */
  readonly endsRun: boolean;
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
    this.queue = first.queue;
    this.key = first.key;
    this.endsRun = successor?.kind !== 'requeue' || runKey(successor.message) !== first.key;
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
    const { toPassage, emit, noteEnd } = this.#means;
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
      for (const hold of this.#holds) {
        if (this.endsRun) hold.noteDone();
        hold.ack();
      }
      noteEnd(this.#place);
    } finally {
      this.#isProceeding = false;
    }
  }
}
