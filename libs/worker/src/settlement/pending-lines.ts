import { type JobMessage, type LoggedEvent, type LoggedLine, loggedBytes } from '@leveret/core';

/** Most that the pending lines of all attempts take, in bytes. */
const MAX_PENDING_BYTES = 4_194_304;
/** What a line takes besides its message and its fields, in bytes. */
const LINE_BYTES = 100;

/** Lines that handlers logged and that were not sent yet: one event for each attempt. */
export class PendingLines {
  /** The attempt whose first line waits longest comes first. */
  readonly #eventByAttempt = new Map<string, LoggedEvent>();
  #sizeBytes = 0;

  get isEmpty(): boolean {
    return this.#eventByAttempt.size === 0;
  }

  /** Takes an event, after those that are here. Returns how many events were dropped, because there are too many lines. */
  add(event: LoggedEvent): number {
    const key = keyOf(event.jobId, event.attempt, event.generation);
    const before = this.#eventByAttempt.get(key);
    this.#sizeBytes += bytesOf(event);
    this.#eventByAttempt.set(key, before === undefined ? event : joined(before, event));
    return this.#dropOldest();
  }

  /** Removes the event of an attempt, and returns it if there is one. */
  take({
    id,
    attempt,
    generation,
  }: Pick<JobMessage, 'id' | 'attempt' | 'generation'>): LoggedEvent | undefined {
    // Making a key costs more than all the rest, and few jobs log.
    if (this.isEmpty) return undefined;
    const key = keyOf(id, attempt, generation);
    const event = this.#eventByAttempt.get(key);
    if (event === undefined) return undefined;
    this.#eventByAttempt.delete(key);
    this.#sizeBytes -= bytesOf(event);
    return event;
  }

  /** Removes all events and returns them. */
  takeAll(): readonly LoggedEvent[] {
    const events = [...this.#eventByAttempt.values()];
    this.#eventByAttempt.clear();
    this.#sizeBytes = 0;
    return events;
  }

  /** Takes events back that could not be sent, before those that are here. Returns how many were dropped. */
  putBack(events: readonly LoggedEvent[]): number {
    const since = this.takeAll();
    return [...events, ...since].reduce((dropped, event) => dropped + this.add(event), 0);
  }

  #dropOldest(): number {
    let droppedCount = 0;
    for (const [key, event] of this.#eventByAttempt) {
      if (this.#sizeBytes <= MAX_PENDING_BYTES) break;
      this.#eventByAttempt.delete(key);
      this.#sizeBytes -= bytesOf(event);
      droppedCount += 1;
    }
    return droppedCount;
  }
}

function keyOf(jobId: string, attempt: number, generation = 0): string {
  return `${jobId} ${attempt} ${generation}`;
}

function joined(before: LoggedEvent, { lines, ...event }: LoggedEvent): LoggedEvent {
  return { ...event, lines: [...before.lines, ...lines] };
}

function bytesOf({ lines }: LoggedEvent): number {
  return lines.reduce((sum, line: LoggedLine) => sum + loggedBytes(line) + LINE_BYTES, 0);
}
