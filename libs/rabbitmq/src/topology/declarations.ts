import { LeveretError } from '@leveret/core';
import type { AmqpChannel, Channel } from '../connection/amqp.ts';
import { replyCode } from '../connection/amqp-errors.ts';
import type { Entity, Part } from './entities.ts';
import type { Names } from './names.ts';

/** What Leveret keeps in the broker, declared. Declaring what is there changes nothing. */

/** Fails with the reply code `NOT_FOUND` where the base is not there. */
export async function checkMarker(channel: AmqpChannel, names: Names): Promise<void> {
  await channel.answer('looking for the marker', channel.raw.checkExchange(names.topologyMarker));
}

/** What is `missing`, in words, cannot be declared by this user. `cause` is the broker's answer. */
export function mayNotDeclare(names: Names, missing: readonly string[], cause: unknown): LeveretError {
  return new LeveretError(
    'BROKER_REFUSED',
    `this user may not declare what is missing: ${missing.join(', ')}: run "leveret init" as a user that may configure, write and read names that begin with "${names.prefix}", or let this one`,
    { cause },
  );
}

/** One part after the other; within a part, requests are sent at once and answered in order. */
export async function declareParts(channel: AmqpChannel, parts: readonly Part[]): Promise<void> {
  for (const { title, entities } of parts) {
    const answers = entities.map((entity) => declareEntity(channel.raw, entity));
    await channel.answer(`declaring ${title}`, together(answers));
  }
}

/** A refusal closes the channel, and every other request of it fails too, some of them sooner: what tells is the refusal. */
async function together(answers: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(answers);
  const failures: unknown[] = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  if (failures.length > 0) throw failures.find((error) => replyCode(error) !== undefined) ?? failures[0];
}

/** Declares one entity, as it is to be. */
export async function declareEntity(raw: Channel, entity: Entity): Promise<void> {
  switch (entity.kind) {
    case 'exchange': {
      const { name, type, alternate, isAutoDelete = false } = entity;
      const options = alternate === undefined ? {} : { alternateExchange: alternate };
      await raw.assertExchange(name, type, { durable: true, autoDelete: isAutoDelete, ...options });
      break;
    }
    case 'queue':
      await raw.assertQueue(entity.name, { durable: true, arguments: entity.arguments });
      break;
    case 'binding':
      if (entity.toKind === 'queue') await raw.bindQueue(entity.to, entity.from, entity.key);
      else await raw.bindExchange(entity.to, entity.from, entity.key);
  }
}
