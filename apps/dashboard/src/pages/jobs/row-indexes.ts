/** Places of rows in a list: from the first to the last, counted from 0. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/** Rows that are there above and below of those in the window. */
const OVERSCAN = 12;

/**
 * The places of the rows that are rendered, in their order.
 *
 * @param shown Rows in the window.
 * @param around Rows that were in the window a little earlier: those next to them are there, too. While the list is scrolled, only rows that come into
 *   the window are rendered immediately, and those next to them when there is time.
 * @param focused The row that has the focus: it stays, wherever it is.
 * @param count How many rows the list has.
 */
export function rowIndexes(
  shown: RowRange,
  around: RowRange,
  focused: number | undefined,
  count: number,
): readonly number[] {
  const indexes = new Set<number>();
  const add = (first: number, last: number) => {
    for (let index = Math.max(first, 0); index <= Math.min(last, count - 1); index += 1) indexes.add(index);
  };
  add(shown.first, shown.last);
  add(around.first - OVERSCAN, around.last + OVERSCAN);
  if (focused !== undefined) add(focused, focused);
  return [...indexes].sort((one, other) => one - other);
}
