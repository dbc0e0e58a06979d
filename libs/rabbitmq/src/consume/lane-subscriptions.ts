import { JOB_PRIORITIES } from '@leveret/core';
import type { AmqpConnection } from '../connection/amqp.ts';
import type { Names } from '../topology/names.ts';
import { createLaneGate, type LaneGateOptions } from './lane-gate.ts';
import { createSubscription, type ResilientSubscription, type SubscriptionOptions } from './subscription.ts';

/** How a queue of jobs is consumed. */
export interface LaneSubscriptionsOptions
  extends Omit<SubscriptionOptions, 'queueName' | 'ensure' | 'mayStandBy' | 'onMessage'>,
    LaneGateOptions {
  readonly queue: string;
  readonly names: Names;
  /** Makes sure that the queue and its lanes are there. */
  readonly ensure: (connection: AmqpConnection) => Promise<void>;
}

/** Consumes all lanes of a queue as one: each on a channel of its own, what they deliver through one gate. */
export function createLaneSubscriptions(options: LaneSubscriptionsOptions): ResilientSubscription {
  const gate = createLaneGate(options);
  const lanes = JOB_PRIORITIES.map((lane) => {
    const queueName = options.names.laneQueue(options.queue, lane);
    return createSubscription({
      ...options,
      queueName,
      async ensure(connection) {
        await options.ensure(connection);
        return queueName;
      },
      mayStandBy: false,
      onMessage: (message, session) => gate.receive(lane, message, session),
    });
  });
  let stopped: Promise<void> | undefined;

  /** What waits goes back when nothing more comes: before that, the broker would deliver it here again. */
  async function stop(): Promise<void> {
    gate.shut();
    await Promise.all(lanes.map((lane) => lane.stop()));
    gate.giveBackAll();
  }

  return {
    drained: Promise.all(lanes.map(({ drained }) => drained)).then(() => undefined),
    async start() {
      try {
        await Promise.all(lanes.map((lane) => lane.start()));
      } catch (error) {
        stopped ??= stop();
        await stopped;
        throw error;
      }
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
    async close() {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}
