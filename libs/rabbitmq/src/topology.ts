import { LeveretError, messageOf } from '@leveret/core';
import { type AmqpChannel, type AmqpConnection, replyCode, toBrokerError } from './amqp.ts';
import type { Connection } from './connection.ts';
import * as names from './names.ts';
import * as wheel from './wheel.ts';

/** AMQP reply code for something that exists with other arguments. */
const PRECONDITION_FAILED = 406;

/** Declares what Leveret keeps in the broker. Declaring what is there costs a round trip and changes nothing. */
export interface Topology {
  /** Makes sure that everything but queues of jobs is there. */
  ensureBase(): Promise<void>;
  /** Makes sure that the queue, and its dead letters' queue, are there. Free when that is known. */
  ensureQueue(queue: string): Promise<void>;
  /** Makes sure that the wheel has the level. Free when that is known. */
  ensureLevel(level: number): Promise<void>;
}

type Declare = (channel: AmqpChannel) => Promise<unknown>;

/**
 * Creates the topology of one virtual host. What it has declared is declared again on every new connection: it may be another
 * cluster.
 * Its methods throw {@link LeveretError} `TOPOLOGY_MISMATCH` for something that exists otherwise, `BROKER_REFUSED` without the
 * permission to declare, and `BROKER_UNAVAILABLE`.
 */
export function createTopology(connection: Connection): Topology {
  const known = new Map<string, { readonly on: AmqpConnection; readonly done: Promise<void> }>();

  function once(what: string, declare: Declare): Promise<void> {
    const on = connection.current();
    const before = known.get(what);
    // While there is no connection, what was there counts as being there still.
    if (before !== undefined && (on === undefined || before.on === on)) return before.done;
    if (on === undefined)
      return Promise.reject(new LeveretError('BROKER_UNAVAILABLE', 'there is no connection to the broker'));
    const done = declareOn(on, declare);
    known.set(what, { on, done });
    done.catch(() => known.delete(what));
    return done;
  }

  async function ensureLevel(level: number): Promise<void> {
    await once('base', declareBase);
    if (level >= wheel.STANDARD_LEVEL_COUNT) await once('all levels', declareHighLevels);
  }

  return {
    ensureBase: () => once('base', declareBase),
    async ensureQueue(queue) {
      await once('base', declareBase);
      await once(`queue ${queue}`, (channel) => declareQueue(channel, queue));
    },
    ensureLevel,
  };
}

/** On a channel of its own: a refused declaration closes its channel. */
async function declareOn(connection: AmqpConnection, declare: Declare): Promise<void> {
  const channel = await connection.openChannel();
  try {
    await declare(channel);
  } catch (error) {
    throw explain(error);
  } finally {
    await channel.close();
  }
}

function explain(error: unknown): LeveretError {
  if (replyCode(error) === PRECONDITION_FAILED)
    return new LeveretError('TOPOLOGY_MISMATCH', messageOf(error), { cause: error });
  return toBrokerError(error);
}

async function declareBase(channel: AmqpChannel): Promise<void> {
  const { raw } = channel;
  const withAlternate = { durable: true, alternateExchange: names.UNROUTABLE };
  // Requests are sent at once and answered in order.
  await channel.answer(
    'declaring the exchanges',
    Promise.all([
      raw.assertExchange(names.UNROUTABLE, 'fanout', { durable: true }),
      raw.assertQueue(names.UNROUTABLE, { durable: true, arguments: names.QUORUM_ARGUMENTS }),
      raw.bindQueue(names.UNROUTABLE, names.UNROUTABLE, ''),
      raw.assertExchange(names.JOBS_EXCHANGE, 'topic', withAlternate),
      raw.assertExchange(names.DEAD_EXCHANGE, 'direct', withAlternate),
      raw.assertExchange(names.EVENTS_EXCHANGE, 'topic', withAlternate),
      raw.assertExchange(names.WHEEL_IN_EXCHANGE, 'direct', withAlternate),
      raw.assertExchange(names.WHEEL_OUT_EXCHANGE, 'direct', withAlternate),
      raw.assertQueue(names.EVENTS_QUEUE, {
        durable: true,
        arguments: { ...names.QUORUM_ARGUMENTS, 'x-single-active-consumer': true },
      }),
      raw.bindQueue(names.EVENTS_QUEUE, names.EVENTS_EXCHANGE, '#'),
    ]),
  );
  await declareLevels(channel, 0, wheel.STANDARD_LEVEL_COUNT);
  await channel.answer(
    'declaring the marker',
    raw.assertExchange(names.TOPOLOGY_MARKER, 'fanout', { durable: true }),
  );
}

async function declareHighLevels(channel: AmqpChannel): Promise<void> {
  await declareLevels(channel, wheel.STANDARD_LEVEL_COUNT, wheel.LEVEL_COUNT);
}

/** Exchanges first, from the lowest level up: a message can only go where the way on exists. */
async function declareLevels(channel: AmqpChannel, from: number, to: number): Promise<void> {
  const { raw } = channel;
  for (let level = from; level < to; level += 1) {
    const exchange = names.wheelExchange(level);
    const slots = wheel.slotsOf(level, level + 1);
    await channel.answer(
      `declaring level ${level} of the delay wheel`,
      Promise.all([
        raw.assertExchange(exchange, 'direct', { durable: true, alternateExchange: names.UNROUTABLE }),
        raw.bindExchange(names.WHEEL_OUT_EXCHANGE, exchange, wheel.exitKey(level)),
        ...wheel
          .slotsOf(0, level)
          .map((next) => raw.bindQueue(names.wheelQueue(next), exchange, wheel.hopKey(level, next))),
        ...slots.map((slot) =>
          raw.assertQueue(names.wheelQueue(slot), {
            durable: true,
            arguments: { ...names.movingTo(exchange), 'x-message-ttl': wheel.holdMs(slot) },
          }),
        ),
        ...slots.map((slot) =>
          raw.bindQueue(names.wheelQueue(slot), names.WHEEL_IN_EXCHANGE, wheel.entryKey(slot)),
        ),
      ]),
    );
  }
}

/** The dead letters' queue first, so that nothing can be dead-lettered into nowhere. */
async function declareQueue(channel: AmqpChannel, queue: string): Promise<void> {
  const { raw } = channel;
  const [dead, work] = [names.deadQueue(queue), names.workQueue(queue)];
  await channel.answer(
    `declaring queue ${queue}`,
    Promise.all([
      raw.assertQueue(dead, { durable: true, arguments: names.QUORUM_ARGUMENTS }),
      raw.bindQueue(dead, names.DEAD_EXCHANGE, queue),
      raw.assertQueue(work, {
        durable: true,
        // A message that came through the wheel still has the wheel's routing keys: the broker is told where its dead letters go.
        arguments: { ...names.movingTo(names.DEAD_EXCHANGE), 'x-dead-letter-routing-key': queue },
      }),
      raw.bindQueue(work, names.JOBS_EXCHANGE, names.jobPattern(queue)),
      raw.bindQueue(work, names.WHEEL_OUT_EXCHANGE, work),
    ]),
  );
}
