import { type Clock, type JobEvent, newId, type Random } from '@leveret/core';
import { PERSISTENT } from '../codec/sending.ts';
import type { Connection } from '../connection/connection.ts';
import { EVENTS_KEY, type Names } from '../topology/names.ts';
import type { Topology } from '../topology/topology.ts';
import { createPassage, type Passage, preparedInTime } from './passage.ts';
import type { Publisher } from './publisher.ts';

/** A list of events grows up to so many characters of JSON; an event that is longer has one for itself. */
const LONGEST_LIST = 262_144;

/** Publishes events, those of one turn of the event loop in as few messages as they fit into. */
export interface EventPublisher {
  /** The events' way; it is shared with those that were told in the same turn. */
  emit(events: readonly JobEvent[]): Passage;
}

/** What publishing works with. */
export interface EventPublisherOptions {
  readonly publisher: Publisher;
  readonly topology: Topology;
  readonly names: Names;
  /** The connection that the publisher uses. */
  readonly connection: Pick<Connection, 'current'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** One message of events, while it is gathered and on its way. */
interface List extends Passage {
  readonly parts: string[];
  length: number;
}

/** Creates a publisher of events. */
export function createEventPublisher(options: EventPublisherOptions): EventPublisher {
  const { publisher, topology, names, connection, clock, random } = options;
  const encoder = new TextEncoder();
  let gathering: List | undefined;

  function toPassage(parts: readonly string[]): Passage {
    const messageId = newId(clock, random);
    return createPassage({
      publisher,
      async prepare() {
        await preparedInTime(clock, topology.ensureBase(connection.current()));
        return {
          exchange: names.eventsExchange,
          routingKey: EVENTS_KEY,
          mandatory: true,
          body: encoder.encode(`[${parts.join(',')}]`),
          properties: { messageId, contentType: 'application/json', deliveryMode: PERSISTENT },
        };
      },
      repair: () => topology.repair(connection),
    });
  }

  function begin(): List {
    const parts: string[] = [];
    const passage = toPassage(parts);
    const turnEnd = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      if (gathering === list) gathering = undefined;
    });
    let confirming: Promise<void> | undefined;
    const list: List = {
      parts,
      length: 0,
      // Hundreds wait for one list: they wait for one promise.
      confirmed() {
        confirming ??= turnEnd.then(passage.confirmed).finally(() => {
          confirming = undefined;
        });
        return confirming;
      },
    };
    return list;
  }

  /** The list that takes `text`. */
  function gather(text: string): List {
    if (gathering === undefined || gathering.length + text.length > LONGEST_LIST) gathering = begin();
    gathering.parts.push(text);
    gathering.length += text.length;
    return gathering;
  }

  return {
    emit(events) {
      const [only] = events;
      if (only !== undefined && events.length === 1) return gather(JSON.stringify(only));
      const lists = new Set(events.map((event) => gather(JSON.stringify(event))));
      const [first] = lists;
      if (first !== undefined && lists.size === 1) return first;
      return {
        async confirmed() {
          await Promise.all([...lists].map((list) => list.confirmed()));
        },
      };
    },
  };
}
