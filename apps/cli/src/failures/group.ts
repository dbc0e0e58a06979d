import { type FailureGroup, type JobReader, LeveretError } from '@leveret/core';

/** The group of a fingerprint. @throws {LeveretError} `FAILURE_GROUP_NOT_FOUND`, `STORE_UNAVAILABLE`. */
export async function requireGroup(reader: JobReader, fingerprint: string): Promise<FailureGroup> {
  const group = await reader.failureGroup(fingerprint.toLowerCase());
  if (group !== undefined) return group;
  throw new LeveretError(
    'FAILURE_GROUP_NOT_FOUND',
    `no job failed with the fingerprint ${fingerprint}: leveret failures groups lists those of retrying and dead jobs`,
    { details: { fingerprint } },
  );
}
