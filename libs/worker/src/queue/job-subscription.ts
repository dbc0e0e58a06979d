import { type Broker, type ConsumeOptions, type Logger, messageOf, type Subscription } from '@leveret/core';

/** What is consumed, and who is given it. */
export interface JobSubscriptionOptions extends Pick<ConsumeOptions, 'onDelivery'> {
  readonly broker: Broker;
  readonly queue: string;
  readonly logger: Logger;
}

/** The consumption of one queue, with a prefetch that can be changed. One call at a time, but for `stop`. */
export interface JobSubscription {
  /**
   * Consumes with this prefetch. A new prefetch is a new subscription: the old one is stopped when the new one is at work,
   * and stays when that cannot be had. Does nothing once stopped.
   */
  use(prefetch: number): Promise<void>;
  /** Consumes nothing until {@link use} is called again. Never rejects. */
  pause(): Promise<void>;
  /** Ends what consumes, and what is about to. Never rejects. Safe to call twice. */
  stop(): Promise<void>;
}

/** Creates a subscription that consumes nothing yet. */
export function createJobSubscription(options: JobSubscriptionOptions): JobSubscription {
  const { broker, queue, onDelivery, logger } = options;
  const atWork = new Set<Subscription>();
  let changing: Promise<void> = Promise.resolve();
  let stopped = false;

  /** One that cannot be stopped is kept: it is tried again at the end, and what it delivers until then is released. */
  async function end(subscriptions: readonly Subscription[]): Promise<void> {
    const ending = subscriptions.map(async (subscription) => {
      try {
        await subscription.stop();
        atWork.delete(subscription);
      } catch (error) {
        logger.warn({ queue, error: messageOf(error) }, 'cannot stop a subscription');
      }
    });
    await Promise.all(ending);
  }

  async function change(prefetch: number): Promise<void> {
    const previous = [...atWork];
    atWork.add(await broker.consume(queue, { prefetch, onDelivery }));
    await end(previous);
  }

  return {
    use(prefetch) {
      if (stopped) return Promise.resolve();
      changing = change(prefetch);
      return changing;
    },
    pause: () => end([...atWork]),
    async stop() {
      stopped = true;
      const ended = end([...atWork]);
      await changing.catch(() => undefined);
      await ended;
      await end([...atWork]);
    },
  };
}
