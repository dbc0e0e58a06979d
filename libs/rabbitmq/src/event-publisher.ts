import { type Clock, type JobEvent, newId, type Random } from '@leveret/core';
import { EVENTS_EXCHANGE, EVENTS_KEY } from './names.ts';
import type { Publisher } from './publisher.ts';
import type { Topology } from './topology.ts';

/** A list of events longer than this, in characters of JSON, is sent off, and the next one begun. */
const LONGEST_LIST = 262_144;

/** Publishes events, those of one turn of the event loop in one message. */
export interface EventPublisher {
  /** Resolves once the events are durable. @throws {LeveretError} as `Publisher.publish` does. */
  emit(events: readonly JobEvent[]): Promise<void>;
}

/** One message of events, while it is gathered. */
interface List {
  readonly parts: string[];
  length: number;
  readonly sent: Promise<void>;
}

/** Creates a publisher of events. */
export function createEventPublisher(
  publisher: Publisher,
  topology: Topology,
  clock: Clock,
  random: Random,
): EventPublisher {
  const encoder = new TextEncoder();
  let gathering: List | undefined;

  async function send(parts: readonly string[]): Promise<void> {
    await topology.ensureBase();
    await publisher.publish({
      exchange: EVENTS_EXCHANGE,
      key: EVENTS_KEY,
      body: encoder.encode(`[${parts.join(',')}]`),
      properties: {
        messageId: newId(clock, random),
        contentType: 'application/json',
        persistent: true,
        mandatory: true,
      },
    });
  }

  function begin(): List {
    const parts: string[] = [];
    const turnEnd = new Promise<void>((resolve) => setImmediate(resolve));
    const list: List = {
      parts,
      length: 0,
      sent: turnEnd.then(() => {
        if (gathering === list) gathering = undefined;
        return send(parts);
      }),
    };
    return list;
  }

  return {
    emit(events) {
      if (events.length === 0) return Promise.resolve();
      if (gathering === undefined || gathering.length > LONGEST_LIST) gathering = begin();
      for (const event of events) {
        const text = JSON.stringify(event);
        gathering.parts.push(text);
        gathering.length += text.length;
      }
      return gathering.sent;
    },
  };
}
