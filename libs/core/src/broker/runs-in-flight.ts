import { type JobMessage, runKey } from '../job/message.ts';
import { isSamePayload } from '../payload/same-payload.ts';

/** A power of two: enough for a few thousand runs at a time. */
const BUCKET_COUNT = 1_024;
/** Characters of an id that tell its bucket: its last ones, which are random in a UUID. */
const HASHED_CHARS = 4;

/** A message whose outcome is not known yet. */
interface Run {
  readonly message: JobMessage;
  readonly outcome: Promise<void>;
  next: Run | undefined;
}

/**
 * The runs that a process is publishing: publishing one again while its outcome is not known joins the publication in flight. Every message
 * passes through here, hence the table of its own: a `Map` makes a new one every few hundred messages (see `linked-list.ts`).
 */
export class RunsInFlight {
  readonly #buckets: (Run | undefined)[] = Array.from({ length: BUCKET_COUNT }, () => undefined);

  /** The outcome of the same run that is in flight: same queue, kind and payload too. Undefined when there is none. */
  find(message: JobMessage): Promise<void> | undefined {
    let run = this.#buckets[bucketOf(message)];
    while (run !== undefined && !isSameRun(run.message, message)) run = run.next;
    return run?.outcome;
  }

  /** Notes that `message` is in flight until it is removed. */
  add(message: JobMessage, outcome: Promise<void>): void {
    const bucket = bucketOf(message);
    this.#buckets[bucket] = { message, outcome, next: this.#buckets[bucket] };
  }

  /** The outcome of `message`, the same object that was added, is known. */
  remove(message: JobMessage): void {
    const bucket = bucketOf(message);
    let before: Run | undefined;
    let run = this.#buckets[bucket];
    while (run !== undefined && run.message !== message) {
      before = run;
      run = run.next;
    }
    if (run === undefined) return;
    if (before === undefined) this.#buckets[bucket] = run.next;
    else before.next = run.next;
  }
}

function bucketOf({ id }: JobMessage): number {
  let hash = 0;
  for (let back = 1; back <= HASHED_CHARS; back += 1) hash = hash * 31 + id.charCodeAt(id.length - back);
  return hash & (BUCKET_COUNT - 1);
}

function isSameRun(one: JobMessage, other: JobMessage): boolean {
  return (
    one.id === other.id &&
    runKey(one) === runKey(other) &&
    one.queue === other.queue &&
    one.kind === other.kind &&
    isSamePayload(one.body, other.body)
  );
}
