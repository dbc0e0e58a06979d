import type { FailureGroup } from '@leveret/core';

/** How often the sizes of groups are sampled, in milliseconds. */
const SAMPLE_EVERY_MS = 10_000;
/** Samples that are kept of each group: of the last five minutes. */
const MAX_SAMPLES = 30;

/** A group of failures that grows. */
export interface GrowingGroup {
  readonly group: FailureGroup;
  /** How many retrying and dead jobs it had every 10 s, at most 30 times, oldest first; the last one is now. */
  readonly trend: readonly number[];
}

/** Remembers how many jobs groups of failures had. */
export interface GroupTrends {
  /** Samples groups, unless that was done in the last 10 s. `now` in milliseconds since 1970. */
  note(groups: readonly FailureGroup[], now: number): void;
  /** Those of `groups` that have more jobs than at their oldest sample, the fastest first. */
  growing(groups: readonly FailureGroup[]): readonly GrowingGroup[];
}

/** Creates it. The ledger does not keep the sizes of groups: a process knows them since it started. */
export function createGroupTrends(): GroupTrends {
  const samplesByGroup = new Map<string, readonly number[]>();
  let sampledAt = Number.NEGATIVE_INFINITY;

  return {
    note(groups, now) {
      if (Math.abs(now - sampledAt) < SAMPLE_EVERY_MS) return;
      sampledAt = now;
      const present = new Set(groups.map(({ fingerprint }) => fingerprint));
      for (const fingerprint of samplesByGroup.keys())
        if (!present.has(fingerprint)) samplesByGroup.delete(fingerprint);
      for (const group of groups) {
        const samples = samplesByGroup.get(group.fingerprint) ?? startOf(group, now);
        samplesByGroup.set(group.fingerprint, [...samples, sizeOf(group)].slice(-MAX_SAMPLES));
      }
    },
    growing(groups) {
      return groups
        .map((group) => ({
          group,
          trend: [...(samplesByGroup.get(group.fingerprint) ?? []), sizeOf(group)].slice(-MAX_SAMPLES),
        }))
        .filter((growing) => growthOf(growing) > 0)
        .sort((one, other) => growthOf(other) - growthOf(one));
    },
  };
}

/** A group that is new had no jobs before. */
function startOf({ firstSeenAt }: FailureGroup, now: number): readonly number[] {
  return now - firstSeenAt < MAX_SAMPLES * SAMPLE_EVERY_MS ? [0] : [];
}

function sizeOf({ retrying, dead }: FailureGroup): number {
  return retrying + dead;
}

function growthOf({ trend: [first = 0, ...later] }: GrowingGroup): number {
  return (later.at(-1) ?? first) - first;
}
