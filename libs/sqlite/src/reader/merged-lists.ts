/** A part of an ordered list. */
export interface Part<Row> {
  /** The rows of the part that are wanted, in order. */
  readonly rows: readonly Row[];
  /** The last row of the part, wanted or not; undefined when the list ends with this part. */
  readonly last: Row | undefined;
  /** Rows of the part, wanted or not. */
  readonly size: number;
}

/** Several ordered lists that are read as one. */
export interface MergeOptions<Row> {
  readonly listCount: number;
  /** Most rows that are returned. */
  readonly limit: number;
  /** About how many rows are read, wanted or not. */
  readonly amount: number;
  /** The part of a list after one of its rows: `size` rows, fewer only at its end. */
  readonly read: (list: number, after: Row | undefined, size: number) => Part<Row>;
  /** Below 0 when `one` comes before `other`. */
  readonly compare: (one: Row, other: Row) => number;
}

/** The first wanted rows of all lists. */
export interface Merged<Row> extends Part<Row> {
  /** No wanted row up to this one is missing; undefined when none comes after `rows`. */
  readonly last: Row | undefined;
}

/** Rows that are read at least from each list at a time. */
const MIN_SIZE = 32;

/**
 * The first wanted rows of all lists, in order, until there are `limit` of them, or `amount` rows were gone through. Reads a part of each list, and
 * further parts of those that have the next rows.
 */
export function mergeLists<Row>(options: MergeOptions<Row>): Merged<Row> {
  const { listCount, limit, amount, read, compare } = options;
  const partSize = Math.max(MIN_SIZE, Math.ceil(amount / Math.max(1, listCount)));
  const merged: Row[] = [];
  let size = 0;
  let horizon: Row | undefined;
  let parts = Array.from({ length: listCount }, (_, list) => read(list, undefined, partSize));

  function isBehind(row: Row): boolean {
    return horizon !== undefined && compare(row, horizon) > 0;
  }

  /** Whether all rows of a part come up to `horizon`. Of the last part of a list, only the end of all lists tells. */
  function isMerged({ last }: Part<Row>): boolean {
    return last === undefined ? horizon === undefined : !isBehind(last);
  }

  /** Takes the rows up to `horizon`: no row that was not read comes before them. Returns the part that is left. */
  function take(part: Part<Row>): Part<Row> {
    const end = part.rows.findIndex(isBehind);
    merged.push(...(end < 0 ? part.rows : part.rows.slice(0, end)));
    if (isMerged(part)) size += part.size;
    return { ...part, rows: end < 0 ? [] : part.rows.slice(end) };
  }

  for (;;) {
    horizon = firstOf(
      parts.map(({ last }) => last),
      compare,
    );
    const mergedBefore = merged.length;
    parts = parts.map(take);
    merged.push(...merged.splice(mergedBefore).sort(compare));
    if (merged.length >= limit || size >= amount || horizon === undefined) break;
    parts = parts.map((part, list) => (isMerged(part) ? read(list, part.last, partSize) : part));
  }
  return merged.length > limit
    ? { rows: merged.slice(0, limit), last: merged[limit - 1], size }
    : { rows: merged, last: horizon, size };
}

function firstOf<Row>(
  rows: readonly (Row | undefined)[],
  compare: (one: Row, other: Row) => number,
): Row | undefined {
  return rows.reduce<Row | undefined>(
    (first, row) => (row !== undefined && (first === undefined || compare(row, first) < 0) ? row : first),
    undefined,
  );
}
