import { isNothingStored, LeveretError, type OutgoingMessage, RunsInFlight } from '@leveret/core';
import type { JobPublisher } from './job-publisher.ts';
import { outcomeUnknown } from './publish-errors.ts';
import { requirePublishable } from './publishable.ts';

/** Messages of one call on their way at a time: enough to keep the publisher's window full, few enough to leave the event loop to others. */
const AT_ONCE = 512;

/** Publishes what producers give to the broker. */
export interface ProducerPublisher {
  /**
   * Publishes messages; of many, each is followed by the next as soon as it is confirmed. One that is in flight already is not sent
   * again: its outcome is waited for.
   *
   * A message that cannot be published for a reason of its own does not keep the others back; when the broker cannot be used, no
   * more are sent.
   *
   * @throws the first failure, once the outcome of all that were sent is known.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
}

/** Creates a publisher for producers. */
export function createProducerPublisher(jobs: JobPublisher): ProducerPublisher {
  const inFlight = new RunsInFlight();

  function publishOne(outgoing: OutgoingMessage): Promise<void> {
    return inFlight.find(outgoing.message) ?? sendOne(outgoing);
  }

  async function sendOne(outgoing: OutgoingMessage): Promise<void> {
    const { message } = outgoing;
    requirePublishable(message);
    const outcome = jobs.send(outgoing).confirmed();
    inFlight.add(message, outcome);
    try {
      await outcome;
    } finally {
      inFlight.remove(message);
    }
  }

  async function publishMany(messages: readonly OutgoingMessage[]): Promise<void> {
    const failures: unknown[] = [];
    let next = 0;
    let storedCount = 0;

    async function publishOneByOne(): Promise<void> {
      for (let message = messages[next]; message !== undefined; message = messages[next]) {
        next += 1;
        try {
          await publishOne(message);
          storedCount += 1;
        } catch (error) {
          if (isOfOneMessage(error)) failures.push(error);
          else {
            next = messages.length;
            failures.unshift(error);
          }
        }
      }
    }

    await Promise.all(Array.from({ length: Math.min(AT_ONCE, messages.length) }, publishOneByOne));
    if (failures.length > 0) throw ofMany(failures, storedCount);
  }

  return {
    publish(messages) {
      const [only] = messages;
      return only !== undefined && messages.length === 1 ? publishOne(only) : publishMany(messages);
    },
  };
}

/** Nothing is stored only when that is so of every message. */
function ofMany(failures: readonly unknown[], storedCount: number): unknown {
  const [first] = failures;
  if (!(first instanceof LeveretError) || !isNothingStored(first)) return first;
  if (storedCount === 0 && failures.every(isNothingStored)) return first;
  return outcomeUnknown(first.code, first.message);
}

function isOfOneMessage(error: unknown): boolean {
  if (!(error instanceof LeveretError)) return true;
  return error.code !== 'BROKER_UNAVAILABLE' && error.code !== 'BROKER_BLOCKED';
}
