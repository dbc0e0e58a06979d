/** The names and arguments of everything that Leveret keeps in RabbitMQ. They depend on this version of the topology alone, never on the broker's. */

/** Version of the topology: another one would live beside this one, marked by another exchange. */
export const TOPOLOGY_MARKER = 'leveret.topology.v1';
/** Topic exchange that takes jobs; key `<queue>.<lane>.<kind>`. */
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
/** Queue of the recorder. */
export const EVENTS_QUEUE = 'leveret.events.ledger';
/** Direct exchange into the delay wheel. */
export const WHEEL_IN_EXCHANGE = 'leveret.delay.in';
/** Direct exchange out of the delay wheel; key: name of the work queue. */
export const WHEEL_OUT_EXCHANGE = 'leveret.delay.out';

/** The lane of jobs without a priority. */
const NORMAL_LANE = 'normal';

/** The quorum queue that jobs of `queue` wait on. */
export function workQueue(queue: string): string {
  return `leveret.q.${queue}`;
}

/** The quorum queue that dead letters of `queue` are kept on. */
export function deadQueue(queue: string): string {
  return `${DEAD_EXCHANGE}.${queue}`;
}

/** The key that routes a job to its queue. */
export function jobKey(queue: string, kind: string): string {
  return `${queue}.${NORMAL_LANE}.${kind}`;
}

/** The keys that a work queue takes. */
export function jobPattern(queue: string): string {
  return `${queue}.${NORMAL_LANE}.#`;
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

/** Arguments of a queue whose messages move on to `exchange` without loss: kept until the target has confirmed. */
export function movingTo(exchange: string) {
  return {
    ...QUORUM_ARGUMENTS,
    'x-dead-letter-exchange': exchange,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  } as const;
}
