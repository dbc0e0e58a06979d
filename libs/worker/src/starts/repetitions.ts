import {
  type AttemptName,
  type Clock,
  type Command,
  type JobMessage,
  type LiveChannel,
  type Logger,
  messageOf,
  sleep,
} from '@leveret/core';

/** How long copies are gathered, in milliseconds. */
const GATHER_MS = 20;
/** How long the other workers get to receive an announcement and to record what they have started, in milliseconds. */
const HEED_MS = 250;
const TYPE = 'repetition';

/** Announces copies that are about to be looked up to all workers, so that an original does not start unrecorded meanwhile. */
export interface Repetitions {
  /** Resolves when the other workers have had time to heed it. Never rejects. */
  announce(message: JobMessage): Promise<void>;
}

/** What announcing works with. */
export interface RepetitionsOptions {
  readonly live: Pick<LiveChannel, 'broadcast'>;
  readonly instanceId: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Creates what announces copies for one worker. */
export function createRepetitions({ live, instanceId, clock, logger }: RepetitionsOptions): Repetitions {
  let attempts: AttemptName[] = [];
  let sending: Promise<void> | undefined;

  async function send(): Promise<void> {
    await sleep(clock, GATHER_MS);
    const sent = attempts;
    attempts = [];
    sending = undefined;
    try {
      await live.broadcast({ type: TYPE, version: 1, instanceId, attempts: sent.map(toJson) });
    } catch (error) {
      logger.warn(
        { error: messageOf(error) },
        'cannot announce repeated jobs to other workers: a job may run twice',
      );
    }
    await sleep(clock, HEED_MS);
  }

  return {
    announce({ queue, id: jobId, attempt }) {
      attempts.push({ queue, jobId, attempt });
      sending ??= send();
      return sending;
    },
  };
}

function toJson({ queue, jobId, attempt }: AttemptName) {
  return { queue, jobId, attempt };
}

/** The attempts that another worker has announced; undefined for any other command, and for this worker's own. */
export function announcedAttempts(command: Command, instanceId: string): readonly AttemptName[] | undefined {
  const { type, version, attempts } = command;
  if (type !== TYPE || version !== 1 || command['instanceId'] === instanceId) return undefined;
  return attempts as unknown as readonly AttemptName[];
}
