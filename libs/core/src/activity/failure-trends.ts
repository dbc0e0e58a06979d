/** For how long failures of a group are counted back, in milliseconds: a day. */
export const FAILURE_TREND_MS = 86_400_000;
/** The length of a slice of a trend, in milliseconds: half an hour. */
export const FAILURE_TREND_SLICE_MS = 1_800_000;
/** Trends end at multiples of this time, in milliseconds: five minutes. */
export const FAILURE_TREND_STEP_MS = 300_000;

/** How a group of failures developed. */
export interface FailureTrend {
  readonly fingerprint: string;
  /** How many attempts failed so in each slice, oldest first; one number for every slice of the answer. */
  readonly failures: readonly number[];
  /**
   * Jobs that came into the group within the last five to ten minutes: with their first failure since they were accepted or
   * retried, or after a failure of another group. The group grows while this is not 0.
   */
  readonly newJobs: number;
}

/** How groups of failures developed in the last {@link FAILURE_TREND_MS}. */
export interface FailureTrends {
  /** When the first slice starts, in milliseconds since 1970. */
  readonly since: number;
  /** {@link FAILURE_TREND_SLICE_MS}. */
  readonly sliceMs: number;
  /** In the order of the question; also of groups that are not there. */
  readonly trends: readonly FailureTrend[];
}
