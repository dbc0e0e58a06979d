import { JOB_PRIORITIES, type JobPriority } from '@leveret/core';
import * as wheel from '../delay/wheel.ts';
import { lanePattern, movingTo, type Names, QUORUM_ARGUMENTS } from './names.ts';

/** What Leveret keeps in the broker, as data: whoever declares it and whoever looks whether it is there read the same list. */

/** An exchange; durable. */
export interface ExchangeEntity {
  readonly kind: 'exchange';
  readonly name: string;
  readonly type: 'direct' | 'fanout' | 'topic';
  /** The exchange for what this one has no way for. */
  readonly alternate?: string;
  /** It goes with the last binding from it. */
  readonly isAutoDelete?: boolean;
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

/** Everything but queues of jobs. The marker is last: while it is there, so is the rest. */
export function baseParts(names: Names): readonly Part[] {
  return [
    {
      title: 'the exchanges',
      entities: [
        exchange(names.unroutable, 'fanout'),
        queue(names.unroutable, QUORUM_ARGUMENTS),
        toQueue(names.unroutable, '', names.unroutable),
        // What the broker itself moves must never be without a way. What a client publishes is returned to it when it has none,
        // and a queue to go to instead would only hide that.
        exchange(names.jobsExchange, 'topic'),
        exchange(names.deadExchange, 'direct', names.unroutable),
        exchange(names.eventsExchange, 'topic'),
        exchange(names.controlExchange, 'fanout'),
        exchange(names.wheelInExchange, 'direct'),
        exchange(names.wheelOutExchange, 'direct', names.unroutable),
        queue(names.eventsQueue, { ...QUORUM_ARGUMENTS, 'x-single-active-consumer': true }),
        toQueue(names.eventsExchange, '#', names.eventsQueue),
      ],
    },
    ...levelParts(names),
    { title: 'the marker', entities: [exchange(names.topologyMarker, 'fanout')] },
  ];
}

/**
 * What tells which ledger records the events. A recorder declares it; an application without a ledger has none. The claim names the ledger
 * by its alternate exchange, which the broker compares whenever it is declared again. The mark can be looked for by a user who may not
 * declare; it goes when the claim goes, because that is all it is bound to.
 */
export function ledgerPart(names: Names, ledgerId: string): Part {
  const mark = names.ledgerMark(ledgerId);
  return {
    title: 'the claim of the ledger',
    entities: [
      exchange(names.ledgerClaim, 'fanout', mark),
      { ...exchange(mark, 'fanout'), isAutoDelete: true },
      { kind: 'binding', from: mark, key: '', to: names.ledgerClaim, toKind: 'exchange' },
    ],
  };
}

/** A queue of jobs, with all its lanes. Its dead letters' queue first, so that nothing can be dead-lettered into nowhere. */
export function queuePart(names: Names, name: string): Part {
  const dead = names.deadQueue(name);
  return {
    title: `queue ${name}`,
    entities: [
      queue(dead, QUORUM_ARGUMENTS),
      toQueue(names.deadExchange, name, dead),
      ...JOB_PRIORITIES.flatMap((lane) => laneEntities(names, name, lane)),
    ],
  };
}

function laneEntities(names: Names, name: string, lane: JobPriority): readonly Entity[] {
  const work = names.laneQueue(name, lane);
  return [
    // A message that came through the wheel still has the wheel's routing keys: the broker is told where its dead letters go.
    queue(work, { ...movingTo(names.deadExchange), 'x-dead-letter-routing-key': name }),
    toQueue(names.jobsExchange, lanePattern(name, lane), work),
    toQueue(names.wheelOutExchange, work, work),
  ];
}

/** The entity in words, such as `queue leveret.q.mail`. */
export function describeEntity(entity: Entity): string {
  if (entity.kind !== 'binding') return `${entity.kind} ${entity.name}`;
  return `binding ${entity.from} –${entity.key}→ ${entity.to}`;
}

/** Exchanges first, from the lowest level up. */
function levelParts(names: Names): readonly Part[] {
  return Array.from({ length: wheel.LEVEL_COUNT }, (_, level) => {
    const out = names.wheelExchange(level);
    const slots = wheel.slotsOf(level, level + 1);
    return {
      title: `level ${level} of the delay wheel`,
      entities: [
        exchange(out, 'direct', names.unroutable),
        {
          kind: 'binding',
          from: out,
          key: wheel.exitKey(level),
          to: names.wheelOutExchange,
          toKind: 'exchange',
        },
        ...wheel
          .slotsOf(0, level)
          .map((next) => toQueue(out, wheel.hopKey(level, next), names.wheelQueue(next))),
        ...slots.map((slot) =>
          queue(names.wheelQueue(slot), { ...movingTo(out), 'x-message-ttl': wheel.holdMs(slot) }),
        ),
        ...slots.map((slot) => toQueue(names.wheelInExchange, wheel.entryKey(slot), names.wheelQueue(slot))),
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
