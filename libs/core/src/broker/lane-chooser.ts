import { JOB_PRIORITIES, type JobPriority, LANE_WEIGHTS } from '../job/priority.ts';

/** Something of each lane. */
export type ByLane<T> = Record<JobPriority, T>;

/** Decides which lane of a queue a consumer takes its next job from. */
export interface LaneChooser {
  /**
   * The lane whose turn it is, of those in which something waits; undefined when nothing does. The turn counts as taken.
   * A lane without jobs has no turn and saves none up: what is left to the others is theirs.
   *
   * @param waiting How many jobs wait in each lane.
   */
  next(waiting: Readonly<ByLane<number>>): JobPriority | undefined;
}

/**
 * Creates a chooser: smooth weighted round robin by {@link LANE_WEIGHTS}. With each turn every lane in which something waits
 * earns its weight, the richest has the turn and pays what all have earned. So turns are spread evenly: a low job comes after some
 * twenty others, and an urgent one after one at most.
 */
export function createLaneChooser(): LaneChooser {
  const credit: ByLane<number> = { high: 0, normal: 0, low: 0 };
  return {
    next(waiting) {
      let richest: JobPriority | undefined;
      let earned = 0;
      for (const lane of JOB_PRIORITIES) {
        if (waiting[lane] === 0) continue;
        earned += LANE_WEIGHTS[lane];
        credit[lane] += LANE_WEIGHTS[lane];
        if (richest === undefined || credit[lane] > credit[richest]) richest = lane;
      }
      if (richest !== undefined) credit[richest] -= earned;
      return richest;
    },
  };
}
