import type { Failure, JobMessage, OutgoingMessage } from '@leveret/core';
import { toProperties } from './message-mapping.ts';
import * as names from './names.ts';
import type { Publication, Publisher } from './publisher.ts';
import type { Topology } from './topology.ts';
import { entryKey, onwardKeys, routeOf } from './wheel.ts';

/** Publishes jobs to where they belong. Every method throws as `Publisher.publish` does. */
export interface JobPublisher {
  /** To its queue: at once, or through the delay wheel. */
  send(outgoing: OutgoingMessage): Promise<void>;
  /** To the dead letters of its queue. */
  bury(message: JobMessage, failure: Failure): Promise<void>;
}

/** Creates a publisher of jobs. It makes sure that a message's queue is there before the message is sent. */
export function createJobPublisher(publisher: Publisher, topology: Topology): JobPublisher {
  async function toDelayed({ message, delayMs }: OutgoingMessage): Promise<Publication> {
    const { slots, leftMs } = routeOf(delayMs);
    const [first] = slots;
    if (first === undefined) return toImmediate(message);
    await topology.ensureLevel(first.level);
    return {
      exchange: names.WHEEL_IN_EXCHANGE,
      key: entryKey(first),
      body: message.body,
      properties: toProperties(message, {
        onwardKeys: [...onwardKeys(slots), names.workQueue(message.queue)],
        delayLeftMs: leftMs,
      }),
    };
  }

  return {
    async send(outgoing) {
      const { message, delayMs } = outgoing;
      await topology.ensureQueue(message.queue);
      await publisher.publish(delayMs > 0 ? await toDelayed(outgoing) : toImmediate(message));
    },
    async bury(message, failure) {
      await topology.ensureQueue(message.queue);
      const { queue, body } = message;
      await publisher.publish({
        exchange: names.DEAD_EXCHANGE,
        key: queue,
        body,
        properties: toProperties(message, { failure }),
      });
    },
  };
}

function toImmediate(message: JobMessage): Publication {
  const { queue, kind, body } = message;
  return {
    exchange: names.JOBS_EXCHANGE,
    key: names.jobKey(queue, kind),
    body,
    properties: toProperties(message),
  };
}
