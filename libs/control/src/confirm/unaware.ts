import {
  type Clock,
  type JobReader,
  joinUnaware,
  type Logger,
  messageOf,
  UNAWARE_WITHIN_MS,
  type UnawareWorker,
} from '@leveret/core';

/** Finds workers that do not ask what is decided. */
export interface UnawareFinder {
  /** Those that started jobs of these queues in the last hour. Empty for what cannot be looked up: what was decided does not fail by that. Never rejects. */
  find(queues: readonly string[]): Promise<readonly UnawareWorker[]>;
}

/** What finding works with. */
export interface UnawareFinderOptions {
  readonly reader: Pick<JobReader, 'unawareWorkers'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Creates what finds them. */
export function createUnawareFinder({ reader, clock, logger }: UnawareFinderOptions): UnawareFinder {
  async function findOf(queue: string): Promise<readonly UnawareWorker[]> {
    try {
      return await reader.unawareWorkers(queue, clock.now() - UNAWARE_WITHIN_MS);
    } catch (error) {
      logger.warn(
        { queue, error: messageOf(error) },
        'cannot look up which workers do not ask what is decided',
      );
      return [];
    }
  }

  return {
    find: async (queues) => joinUnaware((await Promise.all(queues.map(findOf))).flat()),
  };
}
