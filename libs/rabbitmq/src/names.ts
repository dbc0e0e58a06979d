import { DEFAULT_PRIORITY, type JobPriority } from '@leveret/core';

/** The names and arguments of everything that Leveret keeps in RabbitMQ. They depend on this version of the topology alone, never on the broker's. */

/** Version of the topology: another one would live beside this one, marked by another exchange. */
export const TOPOLOGY_MARKER = 'leveret.topology.v1';
/** Topic exchange that takes jobs of other producers; key `<queue>.<lane>.<kind>`. */
export const JOBS_EXCHANGE = 'leveret.jobs';
/** The exchange that routes by the name of a queue; every broker has it. */
export const DEFAULT_EXCHANGE = '';
/** Fanout exchange and queue for what the broker moves and has nowhere to go: nothing ever disappears. */
export const UNROUTABLE = 'leveret.unroutable';
/** Direct exchange for dead letters that the broker makes; key `<queue>`. */
export const DEAD_EXCHANGE = 'leveret.dead';
/** Topic exchange for events; key `jobs`. */
export const EVENTS_EXCHANGE = 'leveret.events';
/** Key of lists of job events. */
export const EVENTS_KEY = 'jobs';
/** Fanout exchange for commands to all workers. */
export const CONTROL_EXCHANGE = 'leveret.control';
/** Queue of the recorder. */
export const EVENTS_QUEUE = 'leveret.events.ledger';
/** Direct exchange into the delay wheel. */
export const WHEEL_IN_EXCHANGE = 'leveret.delay.in';
/** Direct exchange out of the delay wheel; key: name of the lane's queue. */
export const WHEEL_OUT_EXCHANGE = 'leveret.delay.out';

/** The quorum queue of one lane of `queue`. That of normal jobs has the plain name: it was there before there were lanes. */
export function laneQueue(queue: string, lane: JobPriority): string {
  return lane === DEFAULT_PRIORITY ? `leveret.q.${queue}` : `leveret.q.${queue}.${lane}`;
}

/** The queue that the quorum queue `name` belongs to, with its jobs or its dead letters; undefined for any other. */
export function queueOf(name: string): string | undefined {
  return /^leveret\.(?:q|dead)\.([^.]+)/.exec(name)?.[1];
}

/** The quorum queue that dead letters of `queue` are kept on. */
export function deadQueue(queue: string): string {
  return `${DEAD_EXCHANGE}.${queue}`;
}

/** The keys that a lane takes. */
export function lanePattern(queue: string, lane: JobPriority): string {
  return `${queue}.${lane}.#`;
}

/** The queue of a slot of the wheel. */
export function wheelQueue({ level, digit }: { readonly level: number; readonly digit: number }): string {
  return `leveret.delay.${level}.${digit}`;
}

/** The exchange that takes what leaves the slots of `level`. */
export function wheelExchange(level: number): string {
  return `leveret.delay.x${level}`;
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

/** Arguments of a queue whose messages move on to `exchange` without loss: kept until the target has confirmed. */
export function movingTo(exchange: string) {
  return {
    ...QUORUM_ARGUMENTS,
    'x-dead-letter-exchange': exchange,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  } as const;
}
