import type { FailureGroup } from '@leveret/core';
import type { FailureGroupView } from '@leveret/http-contract/admin';
import { known, toIso } from '../wire/values.ts';

/** A group of failures. */
export function toFailureGroupView(group: FailureGroup): FailureGroupView {
  const { fingerprint, errorCode, retrying, dead, firstSeenAt, lastSeenAt, kinds, versions, sample } = group;
  return {
    ...{ fingerprint, errorCode, ...known({ message: sample.message }), retrying, dead },
    ...{ firstSeenAt: toIso(firstSeenAt), lastSeenAt: toIso(lastSeenAt), kinds: [...kinds] },
    versions: versions.map((version) => ({
      version: version.version,
      firstSeenAt: toIso(version.firstSeenAt),
    })),
    sampleJobId: sample.jobId,
  };
}
