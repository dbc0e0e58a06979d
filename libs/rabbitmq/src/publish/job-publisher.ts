import type { Clock, Failure, JobMessage, OutgoingMessage } from '@leveret/core';
import { toProperties } from '../codec/message-mapping.ts';
import type { Publication } from '../codec/sending.ts';
import type { Connection } from '../connection/connection.ts';
import { entryKey, onwardKeys, routeOf } from '../delay/wheel.ts';
import { DEFAULT_EXCHANGE, type Names } from '../topology/names.ts';
import type { Topology } from '../topology/topology.ts';
import { createPassage, type Passage, preparedInTime } from './passage.ts';
import type { Publisher } from './publisher.ts';

/** Publishes jobs to where they belong. */
export interface JobPublisher {
  /** To its queue: at once, or through the delay wheel. */
  send(outgoing: OutgoingMessage): Passage;
  /** To the dead letters of its queue. */
  bury(message: JobMessage, failure: Failure): Passage;
}

/** What publishing works with. */
export interface JobPublisherOptions {
  readonly publisher: Publisher;
  readonly topology: Topology;
  readonly names: Names;
  /** The connection that the publisher uses. */
  readonly connection: Pick<Connection, 'current'>;
  readonly clock: Clock;
}

/** Creates a publisher of jobs. It makes sure that a message's queue is there before the message is sent. */
export function createJobPublisher({
  publisher,
  topology,
  names,
  connection,
  clock,
}: JobPublisherOptions): JobPublisher {
  function toDelayed({ message, delayMs, isResent }: OutgoingMessage): Publication {
    const { slots, leftMs } = routeOf(delayMs);
    const [first] = slots;
    if (first === undefined) return toImmediate(names, message, isResent);
    return {
      exchange: names.wheelInExchange,
      routingKey: entryKey(first),
      mandatory: true,
      body: message.body,
      properties: toProperties(message, {
        onwardKeys: [...onwardKeys(slots), names.laneQueue(message.queue, message.priority)],
        delayLeftMs: leftMs,
        isResent,
      }),
    };
  }

  return {
    send(outgoing) {
      const message = withoutBrokerHeaders(outgoing.message);
      const { delayMs, isResent } = outgoing;
      const toPublication = () =>
        delayMs > 0 ? toDelayed({ ...outgoing, message }) : toImmediate(names, message, isResent);
      return createPassage({
        publisher,
        prepare() {
          const current = connection.current();
          if (topology.hasQueue(current, message.queue)) return toPublication();
          return preparedInTime(clock, topology.ensureQueue(current, message.queue)).then(toPublication);
        },
        repair: () => topology.repair(connection, message.queue),
      });
    },
    bury(buried, failure) {
      const message = withoutBrokerHeaders(buried);
      const { queue, body } = message;
      return createPassage({
        publisher,
        async prepare() {
          await preparedInTime(clock, topology.ensureQueue(connection.current(), queue));
          // Not by way of the exchange for dead letters: its alternate exchange would hide that the queue is gone.
          return {
            exchange: DEFAULT_EXCHANGE,
            routingKey: names.deadQueue(queue),
            mandatory: true,
            body,
            properties: toProperties(message, { failure }),
          };
        },
        repair: () => topology.repair(connection, queue),
      });
    },
  };
}

/** By its queue's name: routing by topic would take the broker half as much again as everything else. */
function toImmediate(names: Names, message: JobMessage, isResent: boolean | undefined): Publication {
  return {
    exchange: DEFAULT_EXCHANGE,
    routingKey: names.laneQueue(message.queue, message.priority),
    mandatory: true,
    body: message.body,
    properties: isResent ? toProperties(message, { isResent }) : toProperties(message),
  };
}

/** Headers that the broker acts on: a producer's `CC` would send copies wherever it says. */
const BROKER_HEADER = /^(?:x-|CC$|BCC$)/i;

function withoutBrokerHeaders(message: JobMessage): JobMessage {
  const headers = Object.entries(message.headers);
  if (!headers.some(([name]) => BROKER_HEADER.test(name))) return message;
  return { ...message, headers: Object.fromEntries(headers.filter(([name]) => !BROKER_HEADER.test(name))) };
}
