/** Several ordered lists that are read as one. */
export interface MergeOptions<Row> {
  readonly listCount: number;
  /** Most rows that are returned. */
  readonly limit: number;
  /** The next rows of a list after one of its rows, in order, at most `chunk`; fewer at its end. */
  readonly read: (list: number, after: Row | undefined, chunk: number) => readonly Row[];
  /** Below 0 when `one` comes before `other`. */
  readonly compare: (one: Row, other: Row) => number;
}

/** Rows that are read at least from each list at a time. */
const MIN_CHUNK = 32;

interface Part<Row> {
  readonly list: number;
  rows: readonly Row[];
  last: Row | undefined;
  isEnded: boolean;
}

/** The first rows of all lists, in order. Reads a chunk of each list, and further chunks of those that have the next rows. */
export function mergeLists<Row>({ listCount, limit, read, compare }: MergeOptions<Row>): readonly Row[] {
  const chunk = Math.max(MIN_CHUNK, Math.ceil(limit / Math.max(1, listCount)));
  const merged: Row[] = [];
  let parts = Array.from(
    { length: listCount },
    (_, list): Part<Row> => ({ list, rows: [], last: undefined, isEnded: false }),
  );

  function fill(part: Part<Row>): void {
    if (part.rows.length > 0 || part.isEnded) return;
    part.rows = read(part.list, part.last, chunk);
    part.isEnded = part.rows.length < chunk;
    part.last = part.rows.at(-1);
  }

  /** The rows up to `horizon`: no row that was not read comes before them. */
  function take(part: Part<Row>, horizon: Row | undefined): readonly Row[] {
    const { rows } = part;
    const end = horizon === undefined ? -1 : rows.findIndex((row) => compare(row, horizon) > 0);
    part.rows = end < 0 ? [] : rows.slice(end);
    return end < 0 ? rows : rows.slice(0, end);
  }

  while (merged.length < limit && parts.length > 0) {
    parts.forEach(fill);
    parts = parts.filter(({ rows }) => rows.length > 0);
    const horizon = parts
      .flatMap(({ last, isEnded }) => (isEnded || last === undefined ? [] : [last]))
      .reduce<Row | undefined>(
        (first, last) => (first === undefined || compare(last, first) < 0 ? last : first),
        undefined,
      );
    merged.push(...parts.flatMap((part) => take(part, horizon)).sort(compare));
  }
  return merged.slice(0, limit);
}
