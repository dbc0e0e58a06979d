import { type RecordableEvent, readEvent, readEventList } from '@leveret/core';
import { isFileFault, type SqlConnection } from '../file/libsql.ts';
import { type EmittedList, type SuccessRow, toSucceededEvent } from '../rows/success-rows.ts';

/** Most events that are applied by one statement. */
const MAX_TOGETHER = 1_000;

/** What {@link createEmittedEvents} works with. */
export interface EmittedEventsContext {
  /** Whether the active recorder writes to the ledger in this file. */
  readonly isRecordedHere: () => boolean;
  /** Applies events to the ledger in this file. */
  readonly apply: (events: readonly RecordableEvent[], successes: readonly SuccessRow[]) => void;
  /** Whether there are listeners for events. */
  readonly hasFollowers: () => boolean;
  /** Passes lists of events, each as JSON, to the listeners for events. */
  readonly emitLive: (lists: readonly string[]) => void;
  /** Stores lists of events, each as JSON, for the recorder. */
  readonly store: (lists: readonly string[]) => void;
  /** Returns how to forget what is remembered from now on, because it is rolled back. */
  readonly mark: () => () => void;
}

/** Events of a batch on their way to the ledger. */
export interface EmittedEvents {
  /** Takes a list of events. It is applied or stored after the next {@link flush}. */
  add(events: EmittedList): void;
  /**
   * When the recorder would write to this same file, applies what was taken. Otherwise, and when something of it cannot be
   * applied, stores all of it for the recorder.
   * @throws {Error} of SQLite when the file cannot be written.
   */
  flush(): void;
  /** Forgets what was taken. */
  discard(): void;
}

/** Creates the place where the events of a batch are gathered (ADR 28). */
export function createEmittedEvents(connection: SqlConnection, context: EmittedEventsContext): EmittedEvents {
  let lists: EmittedList[] = [];

  /** Applies all events or none; returns whether it applied them. */
  function applyAll(taken: readonly EmittedList[]): boolean {
    const events = readAll(taken.filter((list) => typeof list === 'string'));
    const successes = taken.filter((list) => typeof list !== 'string');
    if (events === undefined) return false;
    connection.exec('SAVEPOINT events');
    const rewind = context.mark();
    try {
      const length = Math.max(events.length, successes.length);
      for (let from = 0; from < length; from += MAX_TOGETHER) {
        const end = from + MAX_TOGETHER;
        context.apply(events.slice(from, end), successes.slice(from, end));
      }
      connection.exec('RELEASE events');
      return true;
    } catch (error) {
      if (isFileFault(error)) throw error;
      connection.exec('ROLLBACK TO events');
      connection.exec('RELEASE events');
      rewind();
      return false;
    }
  }

  return {
    add(events) {
      lists.push(events);
    },
    flush() {
      if (lists.length === 0) return;
      const taken = lists;
      lists = [];
      if (!context.isRecordedHere() || !applyAll(taken)) context.store(taken.map(toJson));
      else if (context.hasFollowers()) context.emitLive(taken.map(toJson));
    },
    discard() {
      lists = [];
    },
  };
}

function toJson(list: EmittedList): string {
  return typeof list === 'string' ? list : JSON.stringify([toSucceededEvent(list)]);
}

/** All events of these lists; undefined when an entry is not an event that this version knows. */
function readAll(lists: readonly string[]): readonly RecordableEvent[] | undefined {
  const events: RecordableEvent[] = [];
  for (const entry of lists.flatMap(readEventList)) {
    const read = readEvent(entry);
    if (read.kind !== 'event') return undefined;
    events.push(read.event);
  }
  return events;
}
