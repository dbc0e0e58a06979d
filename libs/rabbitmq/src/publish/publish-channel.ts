import { createLinkedList, type LeveretError, type LinkedList, type Place } from '@leveret/core';
import { type Entry, fail, isOpen, sizeOf } from '../codec/sending.ts';
import type { AmqpConfirmChannel, AmqpConnection } from '../connection/amqp.ts';

/** A channel and what is on its way on it. */
export interface PublishChannel {
  readonly amqp: AmqpConnection;
  readonly channel: AmqpConfirmChannel;
  /** In the order in which they were sent. */
  readonly sent: LinkedList<Entry>;
  /** What the bodies of those take together. */
  sentBytes: number;
  /** When the broker last answered on it, by the monotonic clock. */
  answeredAt: number;
  /** It was given up: what is on it was sent again elsewhere, and a confirm that comes all the same is welcome. */
  isSilent: boolean;
}

/** Opens a channel to publish on. @throws {LeveretError} `BROKER_UNAVAILABLE`. */
export async function openPublishChannel(amqp: AmqpConnection): Promise<PublishChannel> {
  const channel = await amqp.openConfirmChannel();
  const opened: PublishChannel = {
    amqp,
    channel,
    sent: createLinkedList(),
    sentBytes: 0,
    answeredAt: Number.NEGATIVE_INFINITY,
    isSilent: false,
  };
  channel.raw.on('return', ({ fields, properties }) => noteReturn(opened, fields, properties.messageId));
  return opened;
}

/**
 * Sends a message on it. The broker answers once, unless the channel is lost before.
 *
 * @throws whatever the client throws; then nothing was sent.
 */
export function publishOn(
  on: PublishChannel,
  entry: Entry,
  onAnswer: (from: PublishChannel, place: Place<Entry>, error: unknown) => void,
): void {
  const place = on.sent.add(entry);
  on.sentBytes += sizeOf(entry);
  try {
    on.channel.publish(entry.publication, (error) => onAnswer(on, place, error));
  } catch (error) {
    takeOff(on, place);
    throw error;
  }
}

/** Takes a message off the channel; false when it was taken off before. */
export function takeOff(from: PublishChannel, place: Place<Entry>): boolean {
  if (!from.sent.remove(place)) return false;
  from.sentBytes -= sizeOf(place.item);
  return true;
}

/** Whether nothing on it is still to be confirmed. */
export function isFinished({ sent }: PublishChannel): boolean {
  for (const entry of sent) if (isOpen(entry)) return false;
  return true;
}

/** Messages on their way on `channels`, each counted once. */
export function countOnTheirWay(channels: Iterable<PublishChannel>): number {
  let count = 0;
  for (const { sent, isSilent } of channels) if (!isSilent) count += sent.size();
  return count;
}

/** What the bodies of messages on their way on `channels` take together, each counted once. */
export function sizeOnTheirWay(channels: Iterable<PublishChannel>): number {
  let sizeBytes = 0;
  for (const { sentBytes, isSilent } of channels) if (!isSilent) sizeBytes += sentBytes;
  return sizeBytes;
}

/** Nothing on it is going to be confirmed any more. What was sent on it may be stored. */
export function failAll(channel: PublishChannel, error: LeveretError): void {
  const { sent, isSilent } = channel;
  if (!isSilent) for (const entry of sent) if (isOpen(entry)) fail(entry, error);
  sent.clear();
  channel.sentBytes = 0;
}

/** How long the broker has owed an answer on it, in milliseconds; 0 when it owes none. */
export function silenceOf({ sent, answeredAt }: PublishChannel, now: number): number {
  const oldest = sent.first();
  return oldest === undefined ? 0 : now - Math.max(answeredAt, oldest.sentAt);
}

/** A returned message comes back before its confirm. */
function noteReturn(
  from: PublishChannel,
  { exchange, routingKey }: { readonly exchange: string; readonly routingKey: string },
  messageId: unknown,
): void {
  for (const entry of from.sent) {
    const { publication } = entry;
    if (entry.isReturned || publication.exchange !== exchange || publication.routingKey !== routingKey)
      continue;
    if (publication.properties.messageId !== messageId) continue;
    entry.isReturned = true;
    return;
  }
}
