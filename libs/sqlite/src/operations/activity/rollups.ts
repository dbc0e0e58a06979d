import {
  BUCKET_COUNT,
  bucketOf,
  type Cancel,
  type Clock,
  type Histogram,
  JOB_STATES,
  type JobState,
  RATE_SLICES,
  type SliceMs,
} from '@leveret/core';
import type { SqlConnection } from '../../file/libsql.ts';
import {
  ROLLUP_COLUMNS,
  ROLLUP_COUNTS,
  type RollupCount,
  sumOf,
  type Tally,
  toRollupCells,
  toTally,
} from '../../rows/rollup-rows.ts';

/** Lengths of slices, the shortest first: the others are multiples of it. */
const SLICES_MS = Object.keys(RATE_SLICES).map((text) => Number(text) as SliceMs);
const SHORTEST_MS = Math.min(...SLICES_MS);
/** Counts are written so far apart, in milliseconds, with a commit that happens anyway. */
const WRITE_EVERY_MS = 1_000;
/** After this time without a commit, in milliseconds, they are written by a commit of their own. */
const WRITE_ALONE_MS = 1_500;
/** About so many rows of each length are deleted together: a few milliseconds. */
const MAX_DELETED = 500;

/** In `Cell.figures`: the counts, then the buckets of waits, then those of runs. */
const WAITS_FROM = ROLLUP_COUNTS.length;
const RUNS_FROM = WAITS_FROM + BUCKET_COUNT;

/** What a job is counted under. */
export interface Counted {
  readonly queue: string;
  readonly kind: string;
}

/** Counts what happens to jobs, in slices of time. To count costs well under a microsecond, and nothing in the file. */
export interface Rollups {
  /** The acceptance of a job has come to the ledger. */
  entered(job: Counted): void;
  /** A job went from one state to another; `before` is undefined for one that was not known. */
  moved(job: Counted, before: JobState | undefined, after: JobState): void;
  /** An attempt failed. */
  failed(job: Counted): void;
  /** An attempt started, and had been ready for so long. */
  waited(job: Counted, durationMs: number): void;
  /** An attempt ended, and ran for so long. */
  ran(job: Counted, durationMs: number): void;
  /** How much this commit has counted; {@link rewind} forgets what it counts from then on. */
  mark(): number;
  rewind(mark: number): void;
  /** Has everything written by the next commit. */
  writeSoon(): void;
  /** A transaction begins: what an earlier one counted that was not committed is forgotten. */
  begin(): void;
  /** The transaction is about to be committed: writes the counts, when that was not done within the last second. */
  finish(): void;
  /** The transaction is committed. */
  committed(): void;
  /** Ends waiting. */
  close(): void;
}

/** What counting works with. */
export interface RollupsOptions {
  /** The time of the file. */
  readonly now: () => number;
  readonly clock: Pick<Clock, 'schedule'>;
  /** Asks for a commit, because counts are not written and there was none. */
  readonly askForCommit: () => void;
}

/** What happened in one of the shortest slices, by queue and kind, and is not written. */
interface Cell extends Counted {
  readonly startAt: number;
  /** Counts by place. */
  readonly figures: Map<number, number>;
}

/** Creates them. What is not written is lost with the process: at most about a second. */
export function createRollups(connection: SqlConnection, options: RollupsOptions): Rollups {
  return new TalliedRollups(connection, options);
}

class TalliedRollups implements Rollups {
  readonly #options: RollupsOptions;
  readonly #table: ReturnType<typeof prepareTable>;
  readonly #cells = new Map<string, Cell>();
  /** The cell that was counted in last. */
  #last: Cell | undefined;
  /** What this commit has counted: one for each, cell and place in it. */
  #noted: Cell[] = [];
  #places: number[] = [];
  /** Whether that is in the cells already. */
  #isAdded = false;
  #isWritten = false;
  #mustWrite = false;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #cancelWait: Cancel | undefined;

  constructor(connection: SqlConnection, options: RollupsOptions) {
    this.#table = prepareTable(connection);
    this.#options = options;
  }

  entered(job: Counted): void {
    this.#count(job, 'entered');
  }

  moved(job: Counted, before: JobState | undefined, after: JobState): void {
    const wasOver = before !== undefined && JOB_STATES[before].terminal;
    const isOver = JOB_STATES[after].terminal;
    if (wasOver && !isOver) this.#count(job, 'entered');
    else if (isOver && !wasOver && isCount(after)) this.#count(job, after);
  }

  failed(job: Counted): void {
    this.#count(job, 'failed');
  }

  waited(job: Counted, durationMs: number): void {
    this.#note(job, WAITS_FROM + bucketOf(durationMs));
  }

  ran(job: Counted, durationMs: number): void {
    this.#note(job, RUNS_FROM + bucketOf(durationMs));
  }

  mark(): number {
    return this.#noted.length;
  }

  rewind(mark: number): void {
    this.#noted.length = mark;
    this.#places.length = mark;
  }

  writeSoon(): void {
    this.#mustWrite = true;
  }

  begin(): void {
    if (this.#isAdded) this.#add(-1);
    this.#isWritten = false;
    this.rewind(0);
  }

  finish(): void {
    if (this.#noted.length > 0) this.#add(1);
    if (this.#cells.size === 0) return;
    const now = this.#options.now();
    if (!this.#mustWrite && now - this.#writtenAt < WRITE_EVERY_MS) return;
    for (const cell of this.#cells.values()) if (hasCounts(cell)) this.#table.add(cell);
    this.#table.deleteOld(now);
    this.#isWritten = true;
  }

  committed(): void {
    this.#isAdded = false;
    this.rewind(0);
    if (this.#isWritten) {
      this.#cells.clear();
      this.#last = undefined;
      this.#mustWrite = false;
      this.#writtenAt = this.#options.now();
      this.close();
    } else if (this.#cells.size > 0)
      this.#cancelWait ??= this.#options.clock.schedule(WRITE_ALONE_MS, this.#writeAlone);
  }

  close(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  readonly #writeAlone = (): void => {
    this.#cancelWait = undefined;
    this.#mustWrite = true;
    this.#options.askForCommit();
  };

  #count(job: Counted, name: RollupCount): void {
    this.#note(job, ROLLUP_COUNTS.indexOf(name));
  }

  #note({ queue, kind }: Counted, place: number): void {
    this.#noted.push(this.#cellOf(queue, kind));
    this.#places.push(place);
  }

  #cellOf(queue: string, kind: string): Cell {
    const startAt = startOf(this.#options.now(), SHORTEST_MS);
    const last = this.#last;
    if (last !== undefined && last.startAt === startAt && last.kind === kind && last.queue === queue)
      return last;
    const name = `${startAt} ${queue} ${kind}`;
    const cell = this.#cells.get(name) ?? { queue, kind, startAt, figures: new Map<number, number>() };
    this.#cells.set(name, cell);
    this.#last = cell;
    return cell;
  }

  #add(step: 1 | -1): void {
    for (const [index, { figures }] of this.#noted.entries()) {
      const place = this.#places[index] ?? 0;
      figures.set(place, (figures.get(place) ?? 0) + step);
    }
    this.#isAdded = step === 1;
  }
}

/** The table of slices. */
function prepareTable(connection: SqlConnection) {
  const find = connection.prepare(
    `SELECT ${ROLLUP_COLUMNS} FROM rollup WHERE slice_ms = ? AND start_at = ? AND queue = ? AND kind = ?`,
  );
  const put = connection.prepare(
    `INSERT OR REPLACE INTO rollup (slice_ms, start_at, queue, kind, ${ROLLUP_COLUMNS})
       VALUES (?, ?, ?, ?, ${ROLLUP_COLUMNS.replaceAll(/\w+/g, '?')})`,
  );
  const deleteOld = connection.prepare(
    `DELETE FROM rollup WHERE slice_ms = ?1 AND start_at <= (SELECT max(start_at) FROM
       (SELECT start_at FROM rollup WHERE slice_ms = ?1 AND start_at < ?2 ORDER BY start_at LIMIT ${MAX_DELETED}))`,
  );

  return {
    /** Adds what a cell has counted to its slice of each length. */
    add({ queue, kind, startAt, figures }: Cell): void {
      const tally = tallyOf(figures);
      for (const sliceMs of SLICES_MS) {
        const key = [sliceMs, startOf(startAt, sliceMs), queue, kind];
        const known = find.get(...key);
        put.run(...key, ...toRollupCells(known === undefined ? tally : sumOf(toTally(known), tally)));
      }
    },
    deleteOld(now: number): void {
      for (const sliceMs of SLICES_MS) deleteOld.run(sliceMs, now - RATE_SLICES[sliceMs].keptMs);
    },
  };
}

/** Whether anything is left of what was counted, after what was not committed is forgotten. */
function hasCounts({ figures }: Cell): boolean {
  return [...figures.values()].some((count) => count > 0);
}

function tallyOf(figures: ReadonlyMap<number, number>): Tally {
  const [entered = 0, succeeded = 0, cancelled = 0, expired = 0, dead = 0, failed = 0] = ROLLUP_COUNTS.map(
    (_, place) => figures.get(place),
  );
  return {
    counts: { entered, succeeded, cancelled, expired, dead, failed },
    waits: partOf(figures, WAITS_FROM),
    runs: partOf(figures, RUNS_FROM),
  };
}

/** The histogram that begins at a place. */
function partOf(figures: ReadonlyMap<number, number>, from: number): Histogram {
  const part = new Map<number, number>();
  for (const [place, count] of figures)
    if (count > 0 && place >= from && place < from + BUCKET_COUNT) part.set(place - from, count);
  return part;
}

function startOf(moment: number, sliceMs: number): number {
  return moment - (moment % sliceMs);
}

function isCount(state: JobState): state is JobState & RollupCount {
  return (ROLLUP_COUNTS as readonly string[]).includes(state);
}
