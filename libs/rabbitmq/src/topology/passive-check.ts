import type { AmqpChannel, AmqpConnection, Channel } from '../connection/amqp.ts';
import { NOT_FOUND, replyCode } from '../connection/amqp-errors.ts';
import { describeEntity, type Entity, type Part } from './entities.ts';

/**
 * What is missing of `parts`, in words. Looking needs no permission to declare. Bindings cannot be looked at: where one is missing,
 * messages come back.
 *
 * @throws {LeveretError} `BROKER_UNAVAILABLE`.
 */
export async function findMissing(
  connection: AmqpConnection,
  parts: readonly Part[],
): Promise<readonly string[]> {
  const missing: string[] = [];
  let channel: AmqpChannel | undefined;
  try {
    for (const entity of parts.flatMap(({ entities }) => entities)) {
      channel = channel?.isOpen() ? channel : await connection.openChannel();
      const name = describeEntity(entity);
      try {
        await channel.answer(`looking for ${name}`, look(channel.raw, entity));
      } catch (error) {
        // It has closed the channel.
        if (replyCode(error) !== NOT_FOUND) throw error;
        missing.push(name);
        channel = undefined;
      }
    }
    return missing;
  } finally {
    await channel?.close();
  }
}

async function look(raw: Channel, entity: Entity): Promise<void> {
  if (entity.kind === 'queue') await raw.checkQueue(entity.name);
  if (entity.kind === 'exchange') await raw.checkExchange(entity.name);
}
