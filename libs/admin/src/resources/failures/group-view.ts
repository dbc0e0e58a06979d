import type { FailureGroup, FailureTrends } from '@leveret/core';
import type { FailureGroupView } from '@leveret/http-contract/admin';
import { known, toIso } from '../wire/values.ts';

/** A group of failures, with its trend out of `trends`. */
export function toFailureGroupView(group: FailureGroup, trends: FailureTrends): FailureGroupView {
  const { fingerprint, errorCode, retrying, dead, firstSeenAt, lastSeenAt, kinds, versions, sample } = group;
  const trend = trends.trends.find((candidate) => candidate.fingerprint === fingerprint);
  return {
    ...{ fingerprint, errorCode, ...known({ message: sample.message }), retrying, dead },
    ...{ firstSeenAt: toIso(firstSeenAt), lastSeenAt: toIso(lastSeenAt), kinds: [...kinds] },
    versions: versions.map((version) => ({
      version: version.version,
      firstSeenAt: toIso(version.firstSeenAt),
    })),
    sampleJobId: sample.jobId,
    newJobs: trend?.newJobs ?? 0,
    trend: {
      since: toIso(trends.since),
      sliceMs: trends.sliceMs,
      failures: [...(trend?.failures ?? [])],
    },
  };
}
