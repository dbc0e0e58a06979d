import { systemClock, withDeadline } from '@leveret/core';

/** How long a beginning is waited for, in milliseconds. */
const LONGEST_MS = 60_000;

/** A job began. */
export interface Beginning {
  readonly id: string;
  /** The worker where it did. */
  readonly worker: number;
  /** When that was heard of, by the monotonic clock. */
  readonly at: number;
}

/** Jobs that begin, wherever they do. */
export interface Beginnings {
  note(id: string, worker: number): void;
  count(): number;
  /**
   * Resolves when a job has begun since the moment `since` for which `holds`, with how long after that it was, in milliseconds: at once
   * when it has already.
   * @throws {Error} that names `what`, after a minute.
   */
  until(what: string, since: number, holds: (beginning: Beginning) => boolean): Promise<number>;
}

/** Begins to take note. */
export function createBeginnings(): Beginnings {
  const heard: Beginning[] = [];
  const listeners = new Set<(beginning: Beginning) => void>();
  return {
    note(id, worker) {
      const beginning: Beginning = { id, worker, at: systemClock.monotonic() };
      heard.push(beginning);
      for (const listener of listeners) listener(beginning);
    },
    count: () => heard.length,
    async until(what, since, holds) {
      const known = heard.find((beginning) => beginning.at >= since && holds(beginning));
      if (known !== undefined) return known.at - since;
      let listener: (beginning: Beginning) => void = () => undefined;
      const begun = new Promise<number>((resolve) => {
        listener = (beginning) => {
          if (holds(beginning)) resolve(beginning.at - since);
        };
      });
      listeners.add(listener);
      const late = () => new Error(`not within ${LONGEST_MS / 1_000} s: ${what}`);
      return await withDeadline(systemClock, LONGEST_MS, begun, late).finally(() =>
        listeners.delete(listener),
      );
    },
  };
}
