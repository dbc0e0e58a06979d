import type { AmqpChannel } from './amqp.ts';
import * as names from './names.ts';
import * as wheel from './wheel.ts';

/** What Leveret keeps in the broker, declared. Declaring what is there changes nothing. */

/** Everything but queues of jobs and the wheel's high levels. */
export async function declareBase(channel: AmqpChannel): Promise<void> {
  const { raw } = channel;
  // What the broker itself moves must never be without a way. What a client publishes is returned to it when it has none, and a
  // queue to go to instead would only hide that.
  const withAlternate = { durable: true, alternateExchange: names.UNROUTABLE };
  // Requests are sent at once and answered in order.
  await channel.answer(
    'declaring the exchanges',
    Promise.all([
      raw.assertExchange(names.UNROUTABLE, 'fanout', { durable: true }),
      raw.assertQueue(names.UNROUTABLE, { durable: true, arguments: names.QUORUM_ARGUMENTS }),
      raw.bindQueue(names.UNROUTABLE, names.UNROUTABLE, ''),
      raw.assertExchange(names.JOBS_EXCHANGE, 'topic', { durable: true }),
      raw.assertExchange(names.DEAD_EXCHANGE, 'direct', withAlternate),
      raw.assertExchange(names.EVENTS_EXCHANGE, 'topic', { durable: true }),
      raw.assertExchange(names.WHEEL_IN_EXCHANGE, 'direct', { durable: true }),
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

/** The levels of the wheel that only long delays need. */
export async function declareHighLevels(channel: AmqpChannel): Promise<void> {
  await declareLevels(channel, wheel.STANDARD_LEVEL_COUNT, wheel.LEVEL_COUNT);
}

/** Fails with the reply code `NOT_FOUND` where the base is not there. */
export async function checkMarker(channel: AmqpChannel): Promise<void> {
  await channel.answer('looking for the marker', channel.raw.checkExchange(names.TOPOLOGY_MARKER));
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

/** A queue of jobs. Its dead letters' queue first, so that nothing can be dead-lettered into nowhere. */
export async function declareQueue(channel: AmqpChannel, name: string): Promise<void> {
  const { raw } = channel;
  const [dead, work] = [names.deadQueue(name), names.workQueue(name)];
  await channel.answer(
    `declaring queue ${name}`,
    Promise.all([
      raw.assertQueue(dead, { durable: true, arguments: names.QUORUM_ARGUMENTS }),
      raw.bindQueue(dead, names.DEAD_EXCHANGE, name),
      raw.assertQueue(work, {
        durable: true,
        // A message that came through the wheel still has the wheel's routing keys: the broker is told where its dead letters go.
        arguments: { ...names.movingTo(names.DEAD_EXCHANGE), 'x-dead-letter-routing-key': name },
      }),
      raw.bindQueue(work, names.JOBS_EXCHANGE, names.jobPattern(name)),
      raw.bindQueue(work, names.WHEEL_OUT_EXCHANGE, work),
    ]),
  );
}
