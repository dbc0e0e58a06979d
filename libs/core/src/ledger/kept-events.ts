/** An entry of a list of events that could not be applied. */
export interface UnappliedEvent {
  /** The entry as JSON, as it came. */
  readonly entry: string;
  /** Why it was not applied, in words. */
  readonly reason: string;
}

/** An unapplied event that the ledger keeps. */
export interface KeptEvent extends UnappliedEvent {
  /** Grows with every one that is kept. */
  readonly seq: number;
}

/** Kept events, and messages that are set aside, are counted up to this number: there may be more then. */
export const MAX_COUNTED_EVENTS = 10_000;

/** That the ledger has set aside `count` messages, counted up to {@link MAX_COUNTED_EVENTS}, in words. */
export function toSetAsideWords(count: number): string {
  const number = count < MAX_COUNTED_EVENTS ? `${count}` : `${count} or more`;
  const messages = count === 1 ? '1 message that cannot be a job' : `${number} messages that cannot be jobs`;
  return `the ledger has set aside ${messages} or could not be routed`;
}

/** That the ledger keeps `count` events, counted up to {@link MAX_COUNTED_EVENTS}, in words. */
export function toKeptEventsWords(count: number): string {
  const number = count < MAX_COUNTED_EVENTS ? `${count}` : `${count} or more`;
  const events = count === 1 ? '1 event' : `${number} events`;
  return `the ledger keeps ${events} that cannot be applied: a newer version may be able to`;
}
