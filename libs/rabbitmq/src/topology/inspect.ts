import { JOB_PRIORITIES, type QueueCounts } from '@leveret/core';
import type { AmqpChannel, AmqpConnection } from '../connection/amqp.ts';
import { NOT_FOUND, replyCode, toBrokerError } from '../connection/amqp-errors.ts';
import type { Names } from './names.ts';

/** What the queues hold, as the broker counts it. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
export async function inspectQueues(
  connection: AmqpConnection,
  names: Names,
  queues: readonly string[],
): Promise<readonly QueueCounts[]> {
  const counter = createCounter(connection);
  const counts: QueueCounts[] = [];
  try {
    for (const queue of queues) {
      let ready = 0;
      for (const lane of JOB_PRIORITIES) ready += await counter.countReady(names.laneQueue(queue, lane));
      counts.push({ queue, ready, dead: await counter.countReady(names.deadQueue(queue)) });
    }
    return counts;
  } catch (error) {
    throw toBrokerError(error);
  } finally {
    await counter.close();
  }
}

/** Messages with events that wait for the recorder. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
export async function inspectEvents(connection: AmqpConnection, names: Names): Promise<number> {
  const counter = createCounter(connection);
  try {
    return await counter.countReady(names.eventsQueue);
  } catch (error) {
    throw toBrokerError(error);
  } finally {
    await counter.close();
  }
}

/** Counts on one channel, and on another one after each queue that does not exist: asking for it closes the channel. */
function createCounter(connection: AmqpConnection) {
  let channel: AmqpChannel | undefined;
  return {
    async countReady(name: string): Promise<number> {
      channel = channel?.isOpen() ? channel : await connection.openChannel();
      try {
        const { messageCount } = await channel.answer(`counting ${name}`, channel.raw.checkQueue(name));
        return messageCount;
      } catch (error) {
        if (replyCode(error) !== NOT_FOUND) throw error;
        channel = undefined;
        return 0;
      }
    },
    async close(): Promise<void> {
      await channel?.close();
    },
  };
}
