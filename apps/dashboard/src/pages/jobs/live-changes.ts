import type { Job } from '../../api/jobs.ts';

/** What has happened to the jobs of a list since it was read. Rows keep their places meanwhile. */
export interface LiveChanges {
  /** Jobs as they are now, by id. */
  readonly latest: ReadonlyMap<string, Job>;
  /** Jobs of the list that are not selected any more. */
  readonly gone: ReadonlySet<string>;
  /** Selected jobs that the list does not have. */
  readonly fresh: ReadonlySet<string>;
}

/** Nothing has happened. */
export const NO_CHANGES: LiveChanges = { latest: new Map(), gone: new Set(), fresh: new Set() };

/** More new jobs than this are not counted one by one. */
const MAX_FRESH = 1_000;

/**
 * Adds what happened to what has happened so far.
 *
 * @param listed Ids of the jobs that the list has.
 */
export function withChanges(
  before: LiveChanges,
  listed: ReadonlySet<string>,
  { changed, gone }: { readonly changed: readonly Job[]; readonly gone: readonly string[] },
): LiveChanges {
  const after = { latest: new Map(before.latest), gone: new Set(before.gone), fresh: new Set(before.fresh) };
  for (const job of changed) {
    if (listed.has(job.id)) {
      after.latest.set(job.id, job);
      after.gone.delete(job.id);
    } else if (after.fresh.size < MAX_FRESH) after.fresh.add(job.id);
  }
  for (const id of gone) {
    if (listed.has(id)) after.gone.add(id);
    after.fresh.delete(id);
  }
  return after;
}
