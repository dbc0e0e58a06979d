import { comparePositions, newestOf } from '../events/event-position.ts';
import type { JobRecord } from './job-record.ts';
import type { KeptEvent } from './kept-events.ts';

/** A message that cannot be a job of the ledger, or that the broker could not route, as it came. */
export interface UnfitMessage {
  /** The queue whose dead letter it was, or to which it could not be routed. */
  readonly queue: string;
  /** Why it cannot be a job, or could not be routed, in words. */
  readonly reason: string;
  /** Its properties and headers, as JSON. */
  readonly properties: string;
  readonly body: Uint8Array;
  /** When the ledger got it, in milliseconds since 1970. */
  readonly at: number;
  /** Whether it may be set aside already. */
  readonly isReturned: boolean;
  /** What it starts, where the broker could not route it and the ledger has its job. */
  readonly unroutable?: UnroutableRun;
}

/** A run of a job whose message the broker could not route. */
export interface UnroutableRun {
  readonly jobId: string;
  readonly generation: number;
  readonly attempt: number;
  /** As `runOf` says it. */
  readonly run: number;
}

/** A message that is set aside because the broker could not route it. */
export interface UnroutableEntry extends UnroutableRun {
  /** See {@link SetAsideSummary.seq}. */
  readonly seq: number;
  /** When it was set aside, in milliseconds since 1970. */
  readonly at: number;
}

/** Whether a job waits for a message that was not routed: it is of the generation of the job, and no event of its run, or of a later one, is known. Pure. */
export function awaitsRun(record: JobRecord, { generation, attempt, run }: UnroutableRun): boolean {
  if (generation !== (record.generation ?? 0)) return false;
  const newest = newestOf(record);
  return newest === undefined || comparePositions({ attempt, phase: 'start', run, at: 0 }, newest) > 0;
}

/** Messages that cannot be jobs, or that the broker could not route: kept in the ledger as they came, until a person discards them. */
export interface SetAsideStore {
  /**
   * Keeps messages, in order; all or none. Of each body the first `MAX_PAYLOAD_BYTES` are kept. One that may be set aside already is not kept
   * again when one of the same queue, properties and body is.
   */
  keep(messages: readonly UnfitMessage[]): Promise<void>;
}

/** A message that is set aside, without what it is made of. */
export interface SetAsideSummary {
  /** Grows with every one that is set aside. */
  readonly seq: number;
  readonly queue: string;
  readonly reason: string;
  /** When it was set aside, in milliseconds since 1970. */
  readonly at: number;
  /** Length of its whole body, in bytes. */
  readonly bodyBytes: number;
}

/** A message that is set aside. */
export interface SetAsideMessage extends SetAsideSummary {
  /** Its properties and headers, as JSON. */
  readonly properties: string;
  /** Its body, or the first `MAX_PAYLOAD_BYTES` of it. */
  readonly body: Uint8Array;
}

/** How much the ledger has set aside, each counted up to `MAX_COUNTED_EVENTS`. */
export interface SetAsideCounts {
  /** Messages that cannot be jobs, or that the broker could not route. */
  readonly messages: number;
  /** Events that cannot be applied. */
  readonly events: number;
}

/** Most entries of a page of what is set aside. */
export const MAX_PAGE_SET_ASIDE = 500;

/**
 * Reads what the ledger has set aside: messages that cannot be jobs or could not be routed, and events that cannot be applied. Lists throw `RangeError` for a `limit` that is
 * not from 1 to {@link MAX_PAGE_SET_ASIDE}.
 */
export interface SetAsideReader {
  /** The first `limit` messages after `afterSeq`, in order. */
  messages(afterSeq: number, limit: number): Promise<readonly SetAsideSummary[]>;
  /** The message, or undefined when there is none of that number. */
  message(seq: number): Promise<SetAsideMessage | undefined>;
  /** The first `limit` events after `afterSeq`, in order. */
  events(afterSeq: number, limit: number): Promise<readonly KeptEvent[]>;
  /** The event, or undefined when there is none of that number. */
  event(seq: number): Promise<KeptEvent | undefined>;
  counts(): Promise<SetAsideCounts>;
  /** The newest message of a job that the broker could not route, unless a relay has claimed the job since; undefined when there is none. */
  unroutableOf(jobId: string): Promise<UnroutableEntry | undefined>;
}
