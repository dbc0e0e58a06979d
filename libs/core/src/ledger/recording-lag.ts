/** How often a recorder reports how far the ledger is, in milliseconds. */
export const REPORT_EVERY_MS = 2_000;
/** For so long after a report, in milliseconds, it holds. */
export const REPORT_HOLDS_MS = 4_000;

/** What a recorder reports of how far the ledger is. */
export interface RecordingReport {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** What happened longer than this before `at`, in milliseconds, is in the ledger. */
  readonly behindMs: number;
}

/** How far the ledger may be behind what has happened. */
export interface RecordingLag {
  /**
   * What happened longer than this ago, in milliseconds, is in the ledger; 0 when nothing waits. Some seconds old. Absent when that is not known, because no
   * recorder has ever reported.
   */
  readonly behindMs?: number;
  /** Whether a recorder is there and says how far it is. If not, because recorders or the broker are away, the next events may take long. */
  readonly isReported: boolean;
}

/**
 * How far a ledger may be behind at `now`, of which recorders have reported this last.
 *
 * @param now In milliseconds since 1970.
 */
export function lagAfter(report: RecordingReport | undefined, now: number): RecordingLag {
  if (report === undefined) return { isReported: false };
  const ageMs = Math.max(0, now - report.at);
  return ageMs <= REPORT_HOLDS_MS
    ? { behindMs: report.behindMs, isReported: true }
    : { behindMs: report.behindMs + ageMs, isReported: false };
}
