import {
  type BlobReferences,
  type Clock,
  type JobDefinition,
  jobBlobsOf,
  type Logger,
  messageOf,
  sleep,
  type UnrecordedJob,
} from '@leveret/core';

/** Jobs that are looked at in one call: less than a millisecond of the ledger, but for those of the kind. */
const BATCH_JOBS = 200;
/** The pause after a batch, in milliseconds: the ledger's time is mostly left to others. */
const PAUSE_MS = 20;

/** What the work needs. */
export interface MissingReferencesOptions {
  readonly references: Pick<BlobReferences, 'listUnrecorded' | 'recordMissing'>;
  readonly definitions: readonly JobDefinition[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Records what jobs refer to that were accepted before the ledger, or the definition of their kind, knew of references: from their payloads, by the definition of today. Goes on where it was
 * interrupted; a kind that was done is not looked at again. Resolves with whether all is recorded: false when `signal` aborts.
 * @throws {LeveretError} what the ledger throws.
 */
export async function recordMissingReferences(options: MissingReferencesOptions): Promise<boolean> {
  const { references, definitions, clock, logger, signal } = options;
  for (const definition of definitions) {
    const { kind, blobs } = definition;
    if (blobs === undefined) continue;
    for (;;) {
      if (signal.aborted) return false;
      const listed = await references.listUnrecorded(kind, BATCH_JOBS);
      if (listed === undefined) break;
      const { jobs, lastId, isLast } = listed;
      await references.recordMissing(kind, {
        jobs: jobs.map((job) => ({ jobId: job.id, keys: keysOf(definition, job, logger) })),
        lastId,
        isLast,
      });
      if (isLast) break;
      await sleep(clock, PAUSE_MS, signal);
    }
  }
  return true;
}

/** An old payload may be unlike those of today: a job of which nothing can be told refers to nothing. */
function keysOf(
  definition: JobDefinition,
  { id, payload }: UnrecordedJob,
  logger: Logger,
): readonly string[] {
  try {
    return jobBlobsOf(definition, payload, id);
  } catch (error) {
    logger.warn(
      { jobId: id, kind: definition.kind, error: messageOf(error) },
      'cannot tell which files an old job refers to: it does not keep them from being deleted',
    );
    return [];
  }
}
