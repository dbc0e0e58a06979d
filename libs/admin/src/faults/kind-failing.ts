import { type FailureGroup, type Rates, type SliceRate, toMessagePattern } from '@leveret/core';
import type { LedgerSnapshot } from '../overview/ledger-snapshots.ts';
import type { Finding } from './fault.ts';
import { toCountWords } from './words.ts';

/** The last so many attempts of a kind are looked at. */
const LAST_ATTEMPTS = 20;
/** Half of them. */
const MANY_FAILED = LAST_ATTEMPTS / 2;
/** How far back, in milliseconds. */
const WITHIN_MS = 300_000;
/** Longest detail, in characters. */
const MAX_DETAIL = 200;

/**
 * Kinds of which half of the last 20 attempts within 5 minutes failed. Pure.
 *
 * Attempts are counted in slices of 10 s: of each kind, from the newest slice back until they have 20 attempts that succeeded or failed, or 5 minutes are
 * over. A kind fails when at least 10 of them failed, and at least half. The error code is that of the group of failures of this kind with the most
 * retrying and dead jobs among those that failed within the 5 minutes. The detail is the message of that group without its values: it is also logged.
 */
export function failingKinds({ rates, groups, at }: LedgerSnapshot): readonly Finding[] {
  const failing = [...slicesByKind(rates)].flatMap(([kind, slices]) => {
    const { failed, ended } = lastAttempts(slices, rates.until - WITHIN_MS);
    if (failed < MANY_FAILED || failed * 2 < ended) return [];
    const group = largestGroupOf(kind, groups, at - WITHIN_MS);
    const words = group === undefined ? '' : ` with ${group.errorCode}`;
    const detail = toMessagePattern(group?.sample.message ?? '', MAX_DETAIL);
    const queue = onlyQueueOf(kind, rates);
    return [
      {
        kind: 'kind-failing',
        severity: 'bad',
        text: `${kind} fails${words}: ${failed.toLocaleString('en')} of its last ${toCountWords(ended, 'attempt')} failed.`,
        ...(detail === '' ? {} : { detail }),
        subject: {
          kind,
          ...(queue === undefined ? {} : { queue }),
          ...(group === undefined ? {} : { errorCode: group.errorCode, fingerprint: group.fingerprint }),
        },
        of: kind,
      } as const,
    ];
  });
  return failing;
}

/** The slices of each kind, in all queues. */
function slicesByKind({ queues }: Rates): ReadonlyMap<string, readonly SliceRate[]> {
  const byKind = new Map<string, SliceRate[]>();
  for (const { kind, slices } of queues.flatMap(({ kinds }) => kinds))
    byKind.set(kind, [...(byKind.get(kind) ?? []), ...slices]);
  return byKind;
}

function lastAttempts(slices: readonly SliceRate[], since: number) {
  const newestFirst = [...slices].sort((one, other) => other.startAt - one.startAt);
  let failed = 0;
  let ended = 0;
  for (const [place, { startAt, succeeded, failedAttempts }] of newestFirst.entries()) {
    // Slices that start at the same moment, of several queues, belong together.
    const isNext = startAt !== newestFirst[place - 1]?.startAt;
    if (startAt < since || (isNext && ended >= LAST_ATTEMPTS)) break;
    failed += failedAttempts;
    ended += succeeded + failedAttempts;
  }
  return { failed, ended };
}

function largestGroupOf(
  kind: string,
  groups: readonly FailureGroup[],
  since: number,
): FailureGroup | undefined {
  const sizeOf = ({ retrying, dead }: FailureGroup) => retrying + dead;
  const [largest] = groups
    .filter(({ kinds, lastSeenAt }) => kinds.includes(kind) && lastSeenAt >= since)
    .sort((one, other) => sizeOf(other) - sizeOf(one) || other.lastSeenAt - one.lastSeenAt);
  return largest;
}

/** The queue of a kind, unless it has several. */
function onlyQueueOf(kind: string, { queues }: Rates): string | undefined {
  const [only, ...others] = queues.filter(({ kinds }) => kinds.some((rates) => rates.kind === kind));
  return others.length === 0 ? only?.queue : undefined;
}
