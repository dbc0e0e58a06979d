import { type Clock, LeveretError, messageOf, withDeadline } from '@leveret/core';
import type { AmqpChannel, AmqpConnection } from '../connection/amqp.ts';
import {
  ACCESS_REFUSED,
  brokerWords,
  NOT_FOUND,
  PRECONDITION_FAILED,
  replyCode,
} from '../connection/amqp-errors.ts';
import { declareEntity } from '../topology/declarations.ts';
import type { ExchangeEntity, Part, QueueEntity } from '../topology/entities.ts';
import { DEFAULT_EXCHANGE } from '../topology/names.ts';
import { type Match, type Publishing, type Sight, sightKey } from './picture.ts';

type Named = ExchangeEntity | QueueEntity;

/** How long the broker may take to confirm the message that leads nowhere, in milliseconds. */
const CONFIRM_MS = 5_000;
/** A key that no queue of jobs takes. */
const NOWHERE = 'leveret-doctor-7d6b1c52-nowhere';

/**
 * Looks for every exchange and queue of `parts`: first whether it is there, and only then whether declaring it would change
 * something, because declaring makes what is missing.
 *
 * @throws {LeveretError} `BROKER_UNAVAILABLE`.
 */
export async function lookFor(
  connection: AmqpConnection,
  parts: readonly Part[],
): Promise<ReadonlyMap<string, Sight>> {
  const sights = new Map<string, Sight>();
  const asking = createAsking(connection);
  try {
    for (const entity of parts.flatMap((part) => part.entities)) {
      if (entity.kind !== 'binding') sights.set(sightKey(entity), await lookForOne(asking, entity));
    }
    return sights;
  } finally {
    await asking.close();
  }
}

/** Asks on one channel, and on another one after each refusal: a refusal closes the channel. */
interface Asking {
  ask<T>(what: string, request: (raw: AmqpChannel['raw']) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

function createAsking(connection: AmqpConnection): Asking {
  let channel: AmqpChannel | undefined;
  return {
    async ask(what, request) {
      channel ??= await connection.openChannel();
      try {
        return await channel.answer(what, request(channel.raw));
      } catch (error) {
        channel = undefined;
        throw error;
      }
    },
    async close() {
      await channel?.close();
    },
  };
}

async function lookForOne(asking: Asking, entity: Named): Promise<Sight> {
  try {
    const counts = await asking.ask(`looking for ${entity.name}`, (raw) => check(raw, entity));
    return { state: 'there', ...counts, match: await compare(asking, entity) };
  } catch (error) {
    if (replyCode(error) === NOT_FOUND) return { state: 'missing' };
    if (replyCode(error) === ACCESS_REFUSED) return { state: 'unseen', why: brokerWords(messageOf(error)) };
    throw error;
  }
}

async function check(raw: AmqpChannel['raw'], { kind, name }: Named) {
  if (kind === 'queue') return await raw.checkQueue(name);
  await raw.checkExchange(name);
  return { messageCount: 0, consumerCount: 0 };
}

/** The broker compares all that it knows of the arguments, and changes nothing. */
async function compare(asking: Asking, entity: Named): Promise<Match> {
  try {
    await asking.ask(`comparing ${entity.name}`, (raw) => declareEntity(raw, entity));
    return { state: 'same' };
  } catch (error) {
    if (replyCode(error) === PRECONDITION_FAILED)
      return { state: 'other', said: brokerWords(messageOf(error)) };
    if (replyCode(error) === ACCESS_REFUSED) return { state: 'refused', said: brokerWords(messageOf(error)) };
    throw error;
  }
}

/**
 * Whether the broker takes messages. It says that it does not only to who sends one: this one has a key that leads nowhere, so that
 * it is returned and kept by nobody. On a connection that is used for nothing else: a broker that is blocked reads no more of it.
 */
export async function tryPublishing(connection: AmqpConnection, clock: Clock): Promise<Publishing> {
  const channel = await connection.openConfirmChannel();
  const confirmed = new Promise<undefined>((resolve) => {
    // What is not confirmed fails together with the channel, which says more.
    const settle = (error: Error | null) => (error === null ? resolve(undefined) : undefined);
    channel.raw.publish(DEFAULT_EXCHANGE, NOWHERE, Buffer.from('1'), { mandatory: true }, settle);
  });
  const late = () => new LeveretError('BROKER_UNAVAILABLE', 'the broker did not confirm in time');
  try {
    const lost = await withDeadline(clock, CONFIRM_MS, Promise.race([confirmed, channel.lost]), late);
    return lost === undefined ? { state: 'open' } : toRefusal(lost);
  } catch {
    const reason = connection.blocked();
    return reason === undefined ? { state: 'silent', afterMs: CONFIRM_MS } : { state: 'blocked', reason };
  }
}

function toRefusal(lost: string): Publishing {
  const words = brokerWords(lost);
  return /^ACCESS_REFUSED/.test(words) ? { state: 'refused', said: words } : { state: 'unseen', why: words };
}
