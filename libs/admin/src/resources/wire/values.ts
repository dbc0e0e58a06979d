import type { Awareness } from '@leveret/control';
import { type JobState, LAST_MOMENT, type RecordingLag, type UnawareWorker } from '@leveret/core';

/** A moment as the contract has it. */
export function toIso(at: number): string {
  return new Date(Math.min(Math.max(at, 0), LAST_MOMENT)).toISOString();
}

/** A record without the fields that are undefined. */
export type Known<T> = {
  readonly [Name in keyof T as undefined extends T[Name] ? never : Name]: T[Name];
} & {
  readonly [Name in keyof T as undefined extends T[Name] ? Name : never]?: Exclude<T[Name], undefined>;
};

/** `record` without the fields that are undefined: the contract leaves out what is not known. */
export function known<T extends object>(record: T): Known<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Known<T>;
}

/** Those of these moments that are known, as the contract has them. */
export function moments<Name extends string>(
  given: Readonly<Record<Name, number | undefined>>,
): { readonly [Key in Name]?: string } {
  const found = Object.entries<number | undefined>(given).flatMap(([name, at]) =>
    at === undefined ? [] : [[name, toIso(at)]],
  );
  return Object.fromEntries(found) as { readonly [Key in Name]?: string };
}

/** How far the ledger may be behind. */
export function toLagView({ behindMs, isReported }: RecordingLag) {
  return { ...known({ behindMs }), isReported };
}

/** A worker that does not ask what control has decided. */
export function toUnawareView({ workerId, host, version, lastStartAt }: UnawareWorker) {
  return { workerId, ...known({ host, version }), lastStartAt: toIso(lastStartAt) };
}

/** What workers know of an action. */
export function toAwarenessView({ confirmed, silent, isControlAway, unaware }: Awareness) {
  return {
    confirmed: confirmed.map(({ workerId }) => workerId),
    silent: silent.map(({ workerId }) => workerId),
    isControlAway,
    unaware: unaware.map(toUnawareView),
  };
}

/** Jobs by state, of these groups together. */
export function toStateCounts(
  groups: readonly { readonly state: JobState; readonly count: number }[],
): Partial<Record<JobState, number>> {
  const counts: Partial<Record<JobState, number>> = {};
  for (const { state, count } of groups) counts[state] = (counts[state] ?? 0) + count;
  return counts;
}
