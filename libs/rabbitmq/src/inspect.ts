import type { QueueCounts } from '@leveret/core';
import { type AmqpConnection, replyCode, toBrokerError } from './amqp.ts';
import { deadQueue, workQueue } from './names.ts';

/** AMQP reply code for something that does not exist. */
const NOT_FOUND = 404;

/** What the queues hold, as the broker counts it. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
export function inspectQueues(
  connection: AmqpConnection,
  queues: readonly string[],
): Promise<readonly QueueCounts[]> {
  return Promise.all(
    queues.map(async (queue) => {
      const [ready, dead] = await Promise.all([
        countReady(connection, workQueue(queue)),
        countReady(connection, deadQueue(queue)),
      ]);
      return { queue, ready, dead };
    }),
  );
}

/** On a channel of its own: asking for a queue that does not exist closes it. */
async function countReady(connection: AmqpConnection, name: string): Promise<number> {
  const channel = await connection.openChannel();
  try {
    const { messageCount } = await channel.answer(`counting ${name}`, channel.raw.checkQueue(name));
    return messageCount;
  } catch (error) {
    if (replyCode(error) === NOT_FOUND) return 0;
    throw toBrokerError(error);
  } finally {
    await channel.close();
  }
}
