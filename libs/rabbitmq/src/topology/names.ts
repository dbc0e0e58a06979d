import { DEFAULT_PRIORITY, isNamespace, type JobPriority, NAMESPACE_FORM } from '@leveret/core';
import type { WheelSlot } from '../delay/wheel.ts';

/** The names and arguments of everything that Leveret keeps in RabbitMQ. They depend on this version of the topology alone, never on the broker's. */

/** The exchange that routes by the name of a queue; every broker has it. */
export const DEFAULT_EXCHANGE = '';
/** Key of lists of job events. */
export const EVENTS_KEY = 'jobs';

/** The names of what one application keeps in a virtual host: all of them begin with its namespace and a dot. */
export interface Names {
  readonly namespace: string;
  /** What every name begins with. */
  readonly prefix: string;
  /** Marks this version of the topology: another one would live next to this one, marked by another exchange. */
  readonly topologyMarker: string;
  /** Topic exchange that takes jobs of other producers; key `<queue>.<lane>.<kind>`. */
  readonly jobsExchange: string;
  /** Fanout exchange and queue for what the broker moves and cannot route: nothing ever disappears. */
  readonly unroutable: string;
  /** Direct exchange for dead letters that the broker makes; key `<queue>`. */
  readonly deadExchange: string;
  /** Topic exchange for events; key {@link EVENTS_KEY}. */
  readonly eventsExchange: string;
  /** Queue of the recorder. */
  readonly eventsQueue: string;
  /** Fanout exchange for commands to all workers. */
  readonly controlExchange: string;
  /** The queue of an address of the live channel. It is there as long as a process consumes it. */
  addressQueue(address: string): string;
  /** Direct exchange into the delay wheel. */
  readonly wheelInExchange: string;
  /** Direct exchange out of the delay wheel; key: name of the lane's queue. */
  readonly wheelOutExchange: string;
  /** Exchange that is there once a ledger records the events; its alternate exchange is {@link ledgerMark} of that ledger. */
  readonly ledgerClaim: string;
  /** Exchange that is there while this ledger records the events. */
  ledgerMark(ledgerId: string): string;
  /** The ledger whose mark is called `name`; undefined for any other name. */
  ledgerOf(name: string): string | undefined;
  /** The quorum queue of one lane of `queue`. That of normal jobs has the plain name: it was there before there were lanes. */
  laneQueue(queue: string, lane: JobPriority): string;
  /** The quorum queue that dead letters of `queue` are kept on. */
  deadQueue(queue: string): string;
  /** The queue that the quorum queue `name` belongs to, with its jobs or its dead letters; undefined for any other. */
  queueOf(name: string): string | undefined;
  /** The queue of a slot of the wheel. */
  wheelQueue(slot: WheelSlot): string;
  /** The exchange that takes what leaves the slots of `level`. */
  wheelExchange(level: number): string;
}

/**
 * The names of one namespace. With the longest namespace and the longest queue, each still fits into the 255 bytes of AMQP.
 *
 * @throws {RangeError} when `namespace` is none.
 */
export function createNames(namespace: string): Names {
  if (!isNamespace(namespace))
    throw new RangeError(`a namespace is ${NAMESPACE_FORM}: "${namespace}" is none`);
  const prefix = `${namespace}.`;
  const workPrefix = `${prefix}q.`;
  const deadExchange = `${prefix}dead`;
  const ledgerPrefix = `${prefix}ledger.`;
  const deadPrefix = `${deadExchange}.`;
  return {
    namespace,
    prefix,
    topologyMarker: `${prefix}topology.v1`,
    jobsExchange: `${prefix}jobs`,
    unroutable: `${prefix}unroutable`,
    deadExchange,
    eventsExchange: `${prefix}events`,
    eventsQueue: `${prefix}events.ledger`,
    controlExchange: `${prefix}control`,
    wheelInExchange: `${prefix}delay.in`,
    wheelOutExchange: `${prefix}delay.out`,
    addressQueue: (address) => `${prefix}ask.${address}`,
    ledgerClaim: `${prefix}ledger`,
    ledgerMark: (ledgerId) => `${ledgerPrefix}${ledgerId}`,
    ledgerOf: (name) => (name.startsWith(ledgerPrefix) ? name.slice(ledgerPrefix.length) : undefined),
    laneQueue: (queue, lane) =>
      lane === DEFAULT_PRIORITY ? `${workPrefix}${queue}` : `${workPrefix}${queue}.${lane}`,
    deadQueue: (queue) => `${deadPrefix}${queue}`,
    queueOf(name) {
      const start = [workPrefix, deadPrefix].find((candidate) => name.startsWith(candidate));
      return start === undefined ? undefined : name.slice(start.length).split('.')[0];
    },
    wheelQueue: ({ level, digit }) => `${prefix}delay.${level}.${digit}`,
    wheelExchange: (level) => `${prefix}delay.x${level}`,
  };
}

/** The keys of the exchange of jobs that a lane takes. */
export function lanePattern(queue: string, lane: JobPriority): string {
  return `${queue}.${lane}.#`;
}

/**
 * Deliveries after which the broker itself would give a message up: out of reach, because telling poison from bad luck is
 * ours. It must be set, because 4.x has a limit of 20 where none is.
 */
const DELIVERY_LIMIT = 1_000_000;

/** Arguments of every queue. Leaders spread over the nodes of a cluster: else they all sit on the node of whoever declared first. */
export const QUORUM_ARGUMENTS = {
  'x-queue-type': 'quorum',
  'x-queue-leader-locator': 'balanced',
  'x-delivery-limit': DELIVERY_LIMIT,
} as const;

/**
 * Arguments of a listener's queue, which is exclusive. What a slow listener leaves there is dropped from the head, and a queue
 * that nobody came to consume goes away.
 */
export const LISTENER_ARGUMENTS = {
  'x-queue-type': 'classic',
  'x-max-length': 1_000,
  'x-max-length-bytes': 16 * 1024 * 1024,
  'x-overflow': 'drop-head',
  'x-expires': 60_000,
} as const;

/**
 * Arguments of the queue of an address. A question is of no use when it is old. Durable, though nothing on it is: RabbitMQ 4.3 refuses
 * shared queues that are not.
 */
export const ADDRESS_ARGUMENTS = {
  'x-queue-type': 'classic',
  'x-message-ttl': 5_000,
  'x-max-length': 1_000,
  'x-overflow': 'drop-head',
  'x-expires': 60_000,
} as const;

/** Arguments of a queue whose messages move on to `exchange` without loss: kept until the target has confirmed. */
export function movingTo(exchange: string) {
  return {
    ...QUORUM_ARGUMENTS,
    'x-dead-letter-exchange': exchange,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  } as const;
}
