import {
  type AttemptName,
  answerInstanceQuestion,
  type Broker,
  instanceAddress,
  type Logger,
  messageOf,
  readControlNotice,
  type Subscription,
} from '@leveret/core';
import type { WorkerControl } from '../control/worker-control.ts';
import { enterInstance } from '../starts/instances.ts';
import { announcedAttempts } from '../starts/repetitions.ts';
import type { QueueRunner } from './queue-runner.ts';

/** What being present works with. */
export interface PresenceOptions {
  readonly live: Broker['live'];
  readonly instanceId: string;
  /** The runners of the worker, by queue. */
  readonly runners: ReadonlyMap<string, QueueRunner>;
  readonly control: WorkerControl | undefined;
  readonly logger: Logger;
}

/**
 * Lets the process that has the ledger ask what a worker runs, and tells the worker of copies that others are about to start. A worker that may not
 * listen counts as gone: that is logged, and jobs run.
 */
export async function enterPresence(options: PresenceOptions): Promise<Subscription> {
  const { live, instanceId, runners, control, logger } = options;
  const hasInHand = (attempt: AttemptName) => runners.get(attempt.queue)?.hasInHand(attempt) ?? false;
  const leave = enterInstance(instanceId, (attempts) => attempts.map(hasInHand));

  async function listen(starting: Promise<Subscription>): Promise<Subscription | undefined> {
    try {
      return await starting;
    } catch (error) {
      logger.warn(
        { error: messageOf(error) },
        'the worker cannot listen on the live channel: if it loses its connection, its jobs may run twice',
      );
      return undefined;
    }
  }

  const listening = await Promise.all([
    listen(
      live.answer(instanceAddress(instanceId), async (question) =>
        answerInstanceQuestion(hasInHand, question),
      ),
    ),
    listen(
      live.onCommand({
        onReceived(command) {
          const notice = readControlNotice(command);
          if (notice !== undefined) control?.heed(notice);
          for (const attempt of announcedAttempts(command, instanceId) ?? [])
            runners.get(attempt.queue)?.heed(attempt);
        },
        // What was missed of repetitions was told to all others.
        onGap: () => control?.refresh(),
      }),
    ),
  ]);
  return {
    async stop() {
      leave();
      await Promise.all(listening.map(async (subscription) => await subscription?.stop()));
    },
  };
}
