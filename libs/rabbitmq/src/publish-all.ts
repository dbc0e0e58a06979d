import { LeveretError, type OutgoingMessage } from '@leveret/core';
import type { JobPublisher } from './job-publisher.ts';
import { requirePublishable } from './publishable.ts';

/** Messages of one call on their way at a time: enough to keep the publisher's window full, few enough to leave the event loop to others. */
const AT_ONCE = 512;

/**
 * Publishes many messages, each followed by the next as soon as it is confirmed.
 *
 * A message that cannot be published for a reason of its own does not keep the others back; when the broker cannot be used, no
 * more are sent.
 *
 * @throws the first failure: at once when the broker cannot be used, else after the others are confirmed.
 */
export function publishAll(jobs: JobPublisher, messages: readonly OutgoingMessage[]): Promise<void> {
  const [only] = messages;
  return only !== undefined && messages.length === 1 ? publishOne(jobs, only) : publishMany(jobs, messages);
}

async function publishMany(jobs: JobPublisher, messages: readonly OutgoingMessage[]): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;

  async function publishOneByOne(): Promise<void> {
    for (let message = messages[next]; message !== undefined; message = messages[next]) {
      next += 1;
      try {
        await publishOne(jobs, message);
      } catch (error) {
        if (!isOfOneMessage(error)) {
          next = messages.length;
          throw error;
        }
        failures.push(error);
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(AT_ONCE, messages.length) }, publishOneByOne));
  if (failures.length > 0) throw failures[0];
}

async function publishOne(jobs: JobPublisher, outgoing: OutgoingMessage): Promise<void> {
  requirePublishable(outgoing.message);
  await jobs.send(outgoing).confirmed();
}

function isOfOneMessage(error: unknown): boolean {
  if (!(error instanceof LeveretError)) return true;
  return error.code !== 'BROKER_UNAVAILABLE' && error.code !== 'BROKER_BLOCKED';
}
