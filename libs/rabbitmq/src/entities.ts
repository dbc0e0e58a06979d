import { JOB_PRIORITIES, type JobPriority } from '@leveret/core';
import * as names from './names.ts';
import * as wheel from './wheel.ts';

/** What Leveret keeps in the broker, as data: whoever declares it and whoever looks whether it is there read the same list. */

/** An exchange; durable. */
export interface ExchangeEntity {
  readonly kind: 'exchange';
  readonly name: string;
  readonly type: 'direct' | 'fanout' | 'topic';
  /** The exchange for what this one has no way for. */
  readonly alternate?: string;
}

/** A queue; durable. */
export interface QueueEntity {
  readonly kind: 'queue';
  readonly name: string;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
}

/** A way from an exchange to a queue or to another exchange. */
export interface BindingEntity {
  readonly kind: 'binding';
  readonly from: string;
  readonly key: string;
  readonly to: string;
  readonly toKind: 'queue' | 'exchange';
}

/** Anything that is declared. */
export type Entity = ExchangeEntity | QueueEntity | BindingEntity;

/** Entities that are declared in one go, in this order: a message can only go where the way on exists. */
export interface Part {
  readonly title: string;
  readonly entities: readonly Entity[];
}

/** Everything but queues of jobs and the wheel's high levels. The marker is last: while it is there, so is the rest. */
export function baseParts(): readonly Part[] {
  return [
    {
      title: 'the exchanges',
      entities: [
        exchange(names.UNROUTABLE, 'fanout'),
        queue(names.UNROUTABLE, names.QUORUM_ARGUMENTS),
        toQueue(names.UNROUTABLE, '', names.UNROUTABLE),
        // What the broker itself moves must never be without a way. What a client publishes is returned to it when it has none,
        // and a queue to go to instead would only hide that.
        exchange(names.JOBS_EXCHANGE, 'topic'),
        exchange(names.DEAD_EXCHANGE, 'direct', names.UNROUTABLE),
        exchange(names.EVENTS_EXCHANGE, 'topic'),
        exchange(names.WHEEL_IN_EXCHANGE, 'direct'),
        exchange(names.WHEEL_OUT_EXCHANGE, 'direct', names.UNROUTABLE),
        queue(names.EVENTS_QUEUE, { ...names.QUORUM_ARGUMENTS, 'x-single-active-consumer': true }),
        toQueue(names.EVENTS_EXCHANGE, '#', names.EVENTS_QUEUE),
      ],
    },
    controlPart,
    ...levelParts(0, wheel.STANDARD_LEVEL_COUNT),
    { title: 'the marker', entities: [exchange(names.TOPOLOGY_MARKER, 'fanout')] },
  ];
}

/** What commands go through. Where the base was declared before there were commands, it is not there, though the marker is. */
export const controlPart: Part = {
  title: 'the exchange of commands',
  entities: [{ kind: 'exchange', name: names.CONTROL_EXCHANGE, type: 'fanout' }],
};

/** The levels of the wheel that only long delays need. */
export function highLevelParts(): readonly Part[] {
  return levelParts(wheel.STANDARD_LEVEL_COUNT, wheel.LEVEL_COUNT);
}

/** A queue of jobs, with all its lanes. Its dead letters' queue first, so that nothing can be dead-lettered into nowhere. */
export function queuePart(name: string): Part {
  const dead = names.deadQueue(name);
  return {
    title: `queue ${name}`,
    entities: [
      queue(dead, names.QUORUM_ARGUMENTS),
      toQueue(names.DEAD_EXCHANGE, name, dead),
      ...JOB_PRIORITIES.flatMap((lane) => laneEntities(name, lane)),
    ],
  };
}

function laneEntities(name: string, lane: JobPriority): readonly Entity[] {
  const work = names.laneQueue(name, lane);
  return [
    // A message that came through the wheel still has the wheel's routing keys: the broker is told where its dead letters go.
    queue(work, { ...names.movingTo(names.DEAD_EXCHANGE), 'x-dead-letter-routing-key': name }),
    toQueue(names.JOBS_EXCHANGE, names.lanePattern(name, lane), work),
    toQueue(names.WHEEL_OUT_EXCHANGE, work, work),
  ];
}

/** The entity in words, such as `queue leveret.q.mail`. */
export function describeEntity(entity: Entity): string {
  if (entity.kind !== 'binding') return `${entity.kind} ${entity.name}`;
  return `binding ${entity.from} –${entity.key}→ ${entity.to}`;
}

/** Exchanges first, from the lowest level up. */
function levelParts(from: number, to: number): readonly Part[] {
  const levels = Array.from({ length: to - from }, (_, index) => from + index);
  return levels.map((level) => {
    const out = names.wheelExchange(level);
    const slots = wheel.slotsOf(level, level + 1);
    return {
      title: `level ${level} of the delay wheel`,
      entities: [
        exchange(out, 'direct', names.UNROUTABLE),
        {
          kind: 'binding',
          from: out,
          key: wheel.exitKey(level),
          to: names.WHEEL_OUT_EXCHANGE,
          toKind: 'exchange',
        },
        ...wheel
          .slotsOf(0, level)
          .map((next) => toQueue(out, wheel.hopKey(level, next), names.wheelQueue(next))),
        ...slots.map((slot) =>
          queue(names.wheelQueue(slot), { ...names.movingTo(out), 'x-message-ttl': wheel.holdMs(slot) }),
        ),
        ...slots.map((slot) =>
          toQueue(names.WHEEL_IN_EXCHANGE, wheel.entryKey(slot), names.wheelQueue(slot)),
        ),
      ],
    };
  });
}

function exchange(name: string, type: ExchangeEntity['type'], alternate?: string): ExchangeEntity {
  return { kind: 'exchange', name, type, ...(alternate === undefined ? {} : { alternate }) };
}

function queue(name: string, args: QueueEntity['arguments']): QueueEntity {
  return { kind: 'queue', name, arguments: args };
}

function toQueue(from: string, key: string, to: string): BindingEntity {
  return { kind: 'binding', from, key, to, toKind: 'queue' };
}
